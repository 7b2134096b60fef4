import type { Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { TauClient } from "./client.js";

/** Connects from Node.js, over HTTP/2: without TLS with prior knowledge. Nothing is sent before the first call. */
export function connect(baseUrl: string, token: string): TauClient {
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token.trim()}`);
    return next(request);
  };
  return new TauClient(createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [authorize] }));
}
