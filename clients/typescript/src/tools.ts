import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient, type Client, type Transport } from "@connectrpc/connect";
import { createWritableIterable } from "@connectrpc/connect/protocol";
import { errorDetail } from "./error.js";
import { CallFailureKind, type Call } from "./gen/tau/runtime/v1/extension_call_pb.js";
import {
  type AttachRequestSchema,
  type AttachResponse,
  ExtensionService,
  type Welcome,
} from "./gen/tau/runtime/v1/extension_pb.js";
import { EffectClass } from "./gen/tau/runtime/v1/tool_pb.js";

export { EffectClass };

/** A tool that a program offers to sessions. */
export interface Tool {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  name: string;
  /** What it does and when to use it, in words for the model. */
  description: string;
  /** JSON Schema of the arguments: an object. */
  parameters: object;
  /** What may be repeated after a crash, and needs no permission. Default: nothing, `AT_MOST_ONCE`. */
  effect?: EffectClass;
  /** Carries a call out. What it throws is what the model reads of the failure. The arguments need not fit the schema. */
  run(args: Record<string, unknown>, call: ToolCall): string | Promise<string>;
}

/** One call of a tool. */
export interface ToolCall {
  readonly sessionId: string;
  /** The same for every attempt at this call, and for no other. */
  readonly idempotencyKey: string;
  /** Aborted when the call is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Tools that are offered. */
export interface Offered {
  /** Ends the offer once its calls have ended. */
  withdraw(): Promise<void>;
  /** When the offer has ended: withdrawn, or the server drains. It fails with what made it impossible to go on. */
  readonly ended: Promise<void>;
}

type Said = MessageInitShape<typeof AttachRequestSchema>["message"];
/** A call that came, until the server has settled it. */
type Held = { abort: AbortController; result?: Said; endedAt?: number };
type Outgoing = ReturnType<typeof createWritableIterable<MessageInitShape<typeof AttachRequestSchema>>>;

/** Calls at a time. */
const CREDIT = 64;
/** Silence of so many intervals is a loss. */
const SILENT_INTERVALS = 3;
/** How long a server may take to welcome an extension. */
const WELCOME = 10_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** Attaches, and resolves once the server has welcomed. A connection that is lost comes back by itself, with its calls. */
export async function offerTools(transport: Transport, clientId: string, tools: readonly Tool[]): Promise<Offered> {
  const attachment = new Attachment(createClient(ExtensionService, transport), clientId, tools);
  const first = await attachment.greet();
  const ended = attachment.keep(first);
  // Whoever does not look at it is not ended by it.
  ended.catch(() => {});
  return { ended, withdraw: () => (attachment.leave(), ended) };
}

/** One connection. */
class Link {
  readonly #said: Outgoing = createWritableIterable();
  readonly #lost = new AbortController();
  readonly #heard: AsyncIterator<AttachResponse>;
  spoke = Date.now();

  constructor(extensions: Client<typeof ExtensionService>) {
    this.#heard = extensions.attach(this.#said, { signal: this.#lost.signal })[Symbol.asyncIterator]();
  }

  async hear(): Promise<AttachResponse["message"] | undefined> {
    const next = await this.#heard.next();
    return next.done ? undefined : next.value.message;
  }

  /** Says something. That a connection is lost, whoever listens to it is told. */
  say(message: Said): void {
    this.spoke = Date.now();
    this.#said.write({ message }).catch(() => {});
  }

  close(): void {
    this.#said.close();
  }

  drop(): void {
    this.#lost.abort();
  }
}

class Attachment {
  readonly #calls = new Map<string, Held>();
  #resumeToken = "";
  /** How long results are kept that nobody settles. */
  #retention = 600_000;
  #link: Link | undefined;
  #isLeaving = false;
  #isDrained = false;

  constructor(
    readonly extensions: Client<typeof ExtensionService>,
    readonly clientId: string,
    readonly tools: readonly Tool[],
  ) {}

  /** Introduces the tools over a new connection. */
  async greet(): Promise<[Link, Welcome]> {
    const offers = this.tools.map(({ name, description, parameters, effect }) => {
      const definition = { name, description, parametersJson: JSON.stringify(parameters) };
      return { definition, effect: effect ?? EffectClass.AT_MOST_ONCE };
    });
    const link = new Link(this.extensions);
    const { clientId } = this;
    const roles = [{ role: { case: "tools" as const, value: { tools: offers } } }];
    const resumeToken = this.#resumeToken;
    link.say({ case: "hello", value: { protocolVersion: 1, clientName: clientId, clientId, roles, resumeToken, callCredit: CREDIT } });
    const late = setTimeout(() => link.drop(), WELCOME);
    const welcome = await link.hear().finally(() => clearTimeout(late));
    if (welcome?.case !== "welcome") throw new ConnectError("the server did not welcome the extension first");
    this.#resumeToken = welcome.value.resumeToken;
    const open = new Set(welcome.value.openCallIds);
    for (const [id, held] of this.#calls) if (!open.has(id) && !held.result) held.abort.abort();
    return [link, welcome.value];
  }

  /** Serves until the end, over as many connections as that takes. */
  async keep([link, welcome]: [Link, Welcome]): Promise<void> {
    for (let pause = FIRST_PAUSE; ; ) {
      try {
        await this.#serve(link, welcome);
        return;
      } catch (error) {
        this.#check(error);
      }
      for (;;) {
        // Whoever leaves waits for a server as long as that would wait for him.
        if (this.#isLeaving && (this.#calls.size === 0 || pause === LONGEST_PAUSE)) return;
        await new Promise((done) => setTimeout(done, pause));
        try {
          [link, welcome] = await this.greet();
          pause = FIRST_PAUSE;
          break;
        } catch (error) {
          this.#check(error);
          pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
      }
    }
  }

  /** Asks to leave: the server says the same when nothing is open any more. */
  leave(): void {
    this.#isLeaving = true;
    this.#link?.say({ case: "detach", value: {} });
  }

  /** Throws what another connection would not mend. */
  #check(error: unknown): void {
    const detail = errorDetail(error);
    if (detail && !detail.isRetryable && detail.reason !== "attachment_lost") throw error;
  }

  async #serve(link: Link, welcome: Welcome): Promise<void> {
    const interval = (welcome.heartbeatInterval && durationMs(welcome.heartbeatInterval)) || 10_000;
    this.#retention = (welcome.resultRetention && durationMs(welcome.resultRetention)) || this.#retention;
    let heardAt = Date.now();
    const timer = setInterval(() => {
      if (Date.now() - heardAt > interval * SILENT_INTERVALS) link.drop();
      if (Date.now() - link.spoke >= interval / 2) link.say({ case: "heartbeat", value: {} });
    }, interval / 2);
    this.#link = link;
    if (this.#isLeaving) this.leave();
    try {
      for (let message = await link.hear(); message; message = await link.hear()) {
        heardAt = Date.now();
        if (message.case === "call") this.#take(message.value);
        else if (message.case === "callCancel") this.#calls.get(message.value.callId)?.abort.abort();
        else if (message.case === "callsSettled") message.value.callIds.forEach((id) => this.#calls.delete(id));
        else if (message.case === "detach") this.#part();
      }
      if (!this.#isDrained) throw new ConnectError("the server ended the attachment");
    } finally {
      clearInterval(timer);
      this.#link = undefined;
    }
  }

  /** Ends this direction once nothing runs here; the server then ends the other. */
  #part(): void {
    this.#isDrained = true;
    if ([...this.#calls.values()].every((held) => held.result)) this.#link?.close();
  }

  /** A call comes again after a loss: it goes on, or its result is told again, and it is never carried out twice. */
  #take(call: Call): void {
    const known = this.#calls.get(call.callId);
    if (known) return known.result && this.#link?.say(known.result);
    for (const [id, { endedAt }] of this.#calls) {
      if (endedAt && Date.now() - endedAt > this.#retention) this.#calls.delete(id);
    }
    const held: Held = { abort: new AbortController() };
    this.#calls.set(call.callId, held);
    void this.#carryOut(call, held.abort.signal).then((result) => {
      held.result = { case: "callResult", value: { callId: call.callId, result } };
      held.endedAt = Date.now();
      this.#link?.say(held.result);
      if (this.#isDrained) this.#part();
    });
  }

  async #carryOut(call: Call, signal: AbortSignal) {
    const failure = (kind: CallFailureKind, message: string) => ({ case: "failure" as const, value: { kind, message } });
    if (call.onlyIfHeld) return failure(CallFailureKind.NOT_HELD, "");
    const asked = call.call.case === "runTool" ? call.call.value : undefined;
    const tool = this.tools.find(({ name }) => name === asked?.call?.name);
    if (!asked?.call || !tool) return failure(CallFailureKind.UNSUPPORTED, "there is no such tool here");
    const returned = (text: string, isError: boolean) => {
      const content = [{ block: { case: "text" as const, value: text } }];
      return { case: "tool" as const, value: { content, isError } };
    };
    try {
      const args = JSON.parse(asked.call.argumentsJson) as Record<string, unknown>;
      return returned(await tool.run(args, { sessionId: call.sessionId, idempotencyKey: asked.idempotencyKey, signal }), false);
    } catch (error) {
      if (signal.aborted) return failure(CallFailureKind.CANCELLED, "");
      return returned(error instanceof Error ? error.message : String(error), true);
    }
  }
}
