/**
 * Calls a tau server over every transport and fails where one of them differs from what the interface promises.
 *
 *     tau serve & # with a model that asks for a command first: `cargo xtask conformance` starts one
 *     npm run proof -- URL TOKENFILE
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "./gen/grpc/health/v1/health_pb.js";
import { BadRequestSchema, ResourceInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { AdminService } from "./gen/tau/runtime/v1/admin_service_pb.js";
import { PermissionDecision } from "./gen/tau/runtime/v1/answer_pb.js";
import { ErrorDetailSchema } from "./gen/tau/runtime/v1/error_pb.js";
import { RuntimeService } from "./gen/tau/runtime/v1/runtime_service_pb.js";
import { offerWeather } from "./tool.js";

const [baseUrl, tokenFile] = process.argv.slice(2);
if (!baseUrl || !tokenFile) throw new Error("usage: proof URL TOKENFILE");
const token = readFileSync(tokenFile, "utf8").trim();
const authorize: Interceptor = (next) => (request) => {
  request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};
const withToken = { baseUrl, interceptors: [authorize] };
/** The longest that a check may take: a run that waits for somebody who never answers is to be told as that. */
const patience = 20_000;
const nobody = "00000000-0000-7000-8000-000000000000";

async function info(transport: Transport) {
  const told = await createClient(AdminService, transport).getInfo({});
  assert.equal(told.serverName, "tau");
  assert.equal(told.protocolVersion, 1);
  assert.ok(told.limits!.maxMessageBytes > 0n);
}

async function run(transport: Transport) {
  const runtime = createClient(RuntimeService, transport);
  const sessionId = (await runtime.createSession({})).session!.sessionId;
  const seen: string[] = [];
  let seq = 0n;
  for await (const { message } of runtime.run({ sessionId, prompt: [{ entry: { case: "text", value: "make it" } }] })) {
    seen.push(message.case ?? "unknown");
    if (message.case === "event") {
      const event = message.value;
      assert.equal(event.seq, (seq || event.seq - 1n) + 1n, "events are contiguous");
      seq = event.seq;
      if (event.body.case !== "permissionRequested") continue;
      seen.push("permission");
      const permission = { decision: PermissionDecision.ALLOW };
      const answer = { answer: { case: "permission" as const, value: permission } };
      await runtime.respond({ sessionId, callId: event.body.value.callId, answer });
    } else if (message.case === "result") {
      assert.equal(message.value.outcome?.outcome.case, "completed");
      assert.equal(message.value.text, "It is made.");
      assert.equal(message.value.spent?.turns, 2);
    }
  }
  assert.equal(seen[0], "accepted");
  assert.equal(seen.at(-1), "result");
  assert.ok(seen.includes("permission") && seen.includes("delta"), seen.join());
}

async function failure(attempt: Promise<unknown>): Promise<ConnectError> {
  const error = await attempt.then(() => assert.fail("it succeeds"), (error: unknown) => error);
  assert.ok(error instanceof ConnectError, String(error));
  return error;
}

async function errors(transport: Transport) {
  const runtime = createClient(RuntimeService, transport);
  const prompt = [{ entry: { case: "text" as const, value: "hi" } }];
  const attempts = [
    () => runtime.getSession({ sessionId: nobody }),
    () => runtime.run({ sessionId: nobody, prompt })[Symbol.asyncIterator]().next(),
  ];
  for (const attempt of attempts) {
    const error = await failure(attempt());
    assert.equal(error.code, Code.NotFound);
    const details = error.findDetails(ErrorDetailSchema);
    assert.deepEqual(details.map((detail) => detail.reason), ["session_not_found"]);
  }
  const invalid = await failure(runtime.getSession({ sessionId: "7" }));
  assert.equal(invalid.code, Code.InvalidArgument);
  assert.equal(invalid.findDetails(ErrorDetailSchema)[0]?.reason, "invalid_request");
  assert.equal(invalid.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field, "session_id");
}

async function resource(transport: Transport) {
  const error = await failure(createClient(RuntimeService, transport).getSession({ sessionId: nobody }));
  assert.deepEqual(error.findDetails(ResourceInfoSchema).map((resource) => resource.resourceName), [nobody]);
}

async function refused(transport: Transport, withoutToken: Transport) {
  // More than once, because whoever is refused and whoever is not share connections, which must stay in order.
  for (let i = 0; i < 20; i++) {
    const error = await failure(createClient(AdminService, withoutToken).getInfo({}));
    assert.equal(error.code, Code.Unauthenticated, error.message);
    assert.equal(error.findDetails(ErrorDetailSchema)[0]?.reason, "unauthenticated");
    await info(transport);
  }
}

async function deadline(transport: Transport) {
  const runtime = createClient(RuntimeService, transport);
  const sessionId = (await runtime.createSession({})).session!.sessionId;
  const stream = runtime.subscribe({ sessions: [{ sessionId, afterSeq: 0n }] }, { timeoutMs: 300 });
  const seen: string[] = [];
  const follow = async () => {
    for await (const { message } of stream) seen.push(message.case ?? "unknown");
  };
  assert.equal((await failure(follow())).code, Code.DeadlineExceeded);
  assert.ok(seen.includes("event") && seen.includes("caughtUp"), seen.join());
}

async function offered(transport: Transport) {
  const detach = await offerWeather(transport);
  const runtime = createClient(RuntimeService, transport);
  const sessionId = (await runtime.createSession({ config: { permissions: { allow: ["bash"] } } })).session!.sessionId;
  let text = "";
  const prompt = [{ entry: { case: "text" as const, value: "make it" } }];
  try {
    for await (const { message } of runtime.run({ sessionId, prompt })) {
      if (message.case === "event" && message.value.body.case === "permissionRequested") {
        assert.fail(`permission is asked that nobody answers: ${message.value.body.value.reason}`);
      }
      if (message.case === "result") text = message.value.text;
    }
  } catch (error) {
    // The session goes on, so leaving may fail too; what came first counts.
    await detach().catch(() => {});
    throw error;
  }
  await detach();
  assert.equal(text, "It is made. 21 degrees in Bern.");
}

async function health(transport: Transport) {
  const client = createClient(Health, transport);
  assert.equal((await client.check({})).status, ServingStatus.SERVING);
  assert.equal((await client.check({ service: RuntimeService.typeName })).status, ServingStatus.SERVING);
  assert.equal((await failure(client.check({ service: "no.such.Service" }))).code, Code.NotFound);
}

type Options = { baseUrl: string; interceptors?: Interceptor[] };
const transports: Record<string, (options: Options) => Transport> = {
  "connect h1": (options) => createConnectTransport({ ...options, httpVersion: "1.1" }),
  "connect h1 json get": (options) =>
    createConnectTransport({ ...options, httpVersion: "1.1", useBinaryFormat: false, useHttpGet: true }),
  "connect h1 gzip": (options) =>
    createConnectTransport({ ...options, httpVersion: "1.1", sendCompression: compressionGzip, compressMinBytes: 1 }),
  "connect h2": (options) => createConnectTransport({ ...options, httpVersion: "2" }),
  "grpc h2": (options) => createGrpcTransport(options),
  "grpc-web h1": (options) => createGrpcWebTransport({ ...options, httpVersion: "1.1" }),
  "grpc-web h2": (options) => createGrpcWebTransport({ ...options, httpVersion: "2" }),
};
const failed: string[] = [];
for (const [name, make] of Object.entries(transports)) {
  const transport = make(withToken);
  const unauthorized = make({ baseUrl });
  const checks = { info, run, errors, resource, deadline, health, refused: (t: Transport) => refused(t, unauthorized) };
  // Both directions at the same time are HTTP/2's alone.
  if (name.includes("h2")) Object.assign(checks, { offered });
  for (const [check, attempt] of Object.entries(checks)) {
    const late = new Promise<never>((_, fail) => {
      setTimeout(() => fail(new Error(`it takes longer than ${patience / 1_000} s`)), patience).unref();
    });
    const told = await Promise.race([attempt(transport), late]).then(() => "ok", (error: unknown) => String(error).replaceAll(/\s+/g, " "));
    console.log(`${name}: ${check}: ${told}`);
    if (told !== "ok") failed.push(`${name}: ${check}`);
  }
}
// Connections that are kept alive would keep the program too.
process.exit(failed.length);
