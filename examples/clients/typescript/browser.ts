/** What runs in the browser: a page of another origin that streams a run. `browser-proof.ts` serves it. */
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { ErrorDetailSchema } from "./gen/tau/runtime/v1/error_pb.js";
import { PermissionDecision } from "./gen/tau/runtime/v1/answer_pb.js";
import { RuntimeService } from "./gen/tau/runtime/v1/runtime_service_pb.js";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

const { baseUrl, token } = (await (await fetch("/settings")).json()) as { baseUrl: string; token: string };
const authorize: Interceptor = (next) => (request) => {
  request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};

function must(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** A run with a question for permission, whose messages come while it goes on. */
async function run(transport: Transport) {
  const runtime = createClient(RuntimeService, transport);
  const sessionId = (await runtime.createSession({})).session!.sessionId;
  const seen: string[] = [];
  const prompt = [{ entry: { case: "text" as const, value: "make it" } }];
  for await (const { message } of runtime.run({ sessionId, prompt })) {
    seen.push(message.case ?? "unknown");
    if (message.case === "event" && message.value.body.case === "permissionRequested") {
      // The run waits for this answer, so the stream was read before its end.
      const permission = { decision: PermissionDecision.ALLOW };
      const answer = { answer: { case: "permission" as const, value: permission } };
      await runtime.respond({ sessionId, callId: message.value.body.value.callId, answer });
      seen.push("permission");
    } else if (message.case === "result") {
      must(message.value.text === "It is made.", `the result is ${message.value.text}`);
    }
  }
  must(seen[0] === "accepted" && seen.at(-1) === "result", seen.join());
  must(seen.includes("permission") && seen.includes("delta"), seen.join());
}

/** An error's details are readable across origins. */
async function error(transport: Transport) {
  const runtime = createClient(RuntimeService, transport);
  const missing = runtime.getSession({ sessionId: "00000000-0000-7000-8000-000000000000" });
  const told = await missing.then(() => undefined, (error: unknown) => ConnectError.from(error));
  must(told?.code === Code.NotFound, `${told}`);
  const reason = told.findDetails(ErrorDetailSchema)[0]?.reason;
  must(reason === "session_not_found", `the reason is ${reason}`);
}

const options = { baseUrl, interceptors: [authorize] };
const transports = { connect: createConnectTransport(options), "grpc-web": createGrpcWebTransport(options) };
const report: Record<string, string> = {};
for (const [name, transport] of Object.entries(transports)) {
  for (const [check, attempt] of Object.entries({ run, error })) {
    report[`${name}: ${check}`] = await attempt(transport).then(() => "ok", (error: unknown) => String(error));
  }
}
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
