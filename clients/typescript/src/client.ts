import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { AdminService } from "./gen/tau/runtime/v1/admin_service_pb.js";
import { PermissionDecision } from "./gen/tau/runtime/v1/answer_pb.js";
import type { RunResponse } from "./gen/tau/runtime/v1/runtime_run_pb.js";
import { RuntimeService } from "./gen/tau/runtime/v1/runtime_service_pb.js";
import { offerTools, type Offered, type Tool } from "./tools.js";

/** What a person says to a request for permission. */
export type Decision = "allow" | "allow_always" | "deny";

const DECISIONS: Record<Decision, PermissionDecision> = {
  allow: PermissionDecision.ALLOW,
  allow_always: PermissionDecision.ALLOW_ALWAYS,
  deny: PermissionDecision.DENY,
};

/** A server's services over one transport, with short ways for what most programs do. */
export class TauClient {
  /** Sessions: every call of `tau.runtime.v1.RuntimeService`. */
  readonly runtime: Client<typeof RuntimeService>;
  /** The server: every call of `tau.runtime.v1.AdminService`. */
  readonly admin: Client<typeof AdminService>;

  constructor(readonly transport: Transport) {
    this.runtime = createClient(RuntimeService, transport);
    this.admin = createClient(AdminService, transport);
  }

  /** Creates a session that is as the server's configuration says, and gives its id. */
  async createSession(): Promise<string> {
    const { session } = await this.runtime.createSession({});
    return session!.sessionId;
  }

  /**
   * Asks a session for work in words, and gives what is told of it, to its result. A stream that breaks says nothing of the
   * run, which goes on: with the same key the call follows it, and starts nothing twice.
   */
  run(sessionId: string, prompt: string, idempotencyKey = crypto.randomUUID()): AsyncIterable<RunResponse> {
    return this.runtime.run({ sessionId, idempotencyKey, prompt: [{ entry: { case: "text", value: prompt } }] });
  }

  /** Answers a request for permission. The first answer counts; a later one fails with the reason `not_waiting`. */
  async decide(sessionId: string, callId: string, decision: Decision, message = ""): Promise<void> {
    const permission = { decision: DECISIONS[decision], message };
    await this.runtime.respond({ sessionId, callId, answer: { answer: { case: "permission", value: permission } } });
  }

  /** Offers tools to every session that begins from now on, until they are withdrawn. Needs HTTP/2, and so no browser. */
  offerTools(clientId: string, tools: readonly Tool[]): Promise<Offered> {
    return offerTools(this.transport, clientId, tools);
  }
}
