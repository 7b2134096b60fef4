/**
 * Client of the tau agent runtime, over any transport of Connect-ES. `tau-client/node` connects from Node.js; a page brings
 * a transport of `@connectrpc/connect-web`. Messages are those of the interface: `tau-client/v1/*`.
 */
export { type Decision, TauClient } from "./client.js";
export { type ErrorDetail, errorDetail } from "./error.js";
export { EffectClass, type Offered, offerTools, type Tool, type ToolCall } from "./tools.js";
