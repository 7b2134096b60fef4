/**
 * Asks a tau server for work, shows what happens, answers its questions for permission with yes, and offers a tool.
 *
 *     tau serve &
 *     npm ci && npm run start -- http://127.0.0.1:8321 ~/.local/state/tau/token "what is the weather in Bern?"
 */
import { readFileSync } from "node:fs";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { PermissionDecision } from "./gen/tau/runtime/v1/answer_pb.js";
import { RuntimeService } from "./gen/tau/runtime/v1/runtime_service_pb.js";
import { offerWeather } from "./tool.js";

const [baseUrl, tokenFile, prompt] = process.argv.slice(2);
if (!baseUrl || !tokenFile || !prompt) throw new Error("usage: run URL TOKENFILE PROMPT");
const token = readFileSync(tokenFile, "utf8").trim();
const authorize: Interceptor = (next) => (request) => {
  request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};
const transport = createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [authorize] });
const runtime = createClient(RuntimeService, transport);
const detach = await offerWeather(transport);

const sessionId = (await runtime.createSession({})).session!.sessionId;
for await (const { message } of runtime.run({ sessionId, prompt: [{ entry: { case: "text", value: prompt } }] })) {
  if (message.case === "delta" && message.value.delta.case === "text") {
    process.stdout.write(message.value.delta.value);
  } else if (message.case === "event" && message.value.body.case === "permissionRequested") {
    const { callId, reason } = message.value.body.value;
    console.log(`\n[${reason}: allowed]`);
    const permission = { decision: PermissionDecision.ALLOW };
    await runtime.respond({ sessionId, callId, answer: { answer: { case: "permission", value: permission } } });
  } else if (message.case === "result") {
    console.log(`\n[${message.value.outcome?.outcome.case} after ${message.value.spent?.turns} turns]`);
  }
}
await detach();
