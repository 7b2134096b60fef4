/** A tool that is offered to every session that begins while it is attached. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Transport } from "@connectrpc/connect";
import { createWritableIterable } from "@connectrpc/connect/protocol";
import { type AttachRequestSchema, ExtensionService } from "./gen/tau/runtime/v1/extension_pb.js";
import { EffectClass } from "./gen/tau/runtime/v1/tool_pb.js";

type Said = MessageInitShape<typeof AttachRequestSchema>;
const parametersJson = JSON.stringify({ type: "object", properties: { place: { type: "string" } } });
const definition = { name: "weather", description: "Tells the weather of a place.", parametersJson };
const tools = [{ definition, effect: EffectClass.PURE }];
const roles = [{ role: { case: "tools" as const, value: { tools } } }];

/** Attaches, and gives what detaches once the server has welcomed. HTTP/2 alone carries both directions. */
export async function offerWeather(transport: Transport): Promise<() => Promise<void>> {
  const said = createWritableIterable<Said>();
  const say = (message: Said["message"]) => said.write({ message });
  const heard = createClient(ExtensionService, transport).attach(said)[Symbol.asyncIterator]();
  const hello = { protocolVersion: 1, clientName: "weather", clientId: `weather-${process.pid}`, roles, callCredit: 8 };
  await Promise.all([say({ case: "hello", value: hello }), heard.next()]);
  const serve = async () => {
    for (let next = await heard.next(); !next.done; next = await heard.next()) {
      const { message } = next.value;
      if (message.case === "heartbeat") await say({ case: "heartbeat", value: {} });
      if (message.case !== "call" || message.value.call.case !== "runTool") continue;
      const { place } = JSON.parse(message.value.call.value.call!.argumentsJson) as { place: string };
      const content = [{ block: { case: "text" as const, value: `21 degrees in ${place}.` } }];
      const result = { case: "tool" as const, value: { content } };
      await say({ case: "callResult", value: { callId: message.value.callId, result } });
    }
  };
  const served = serve();
  // Whoever has no open call may end its direction at once; the server then ends the other.
  return () => (said.close(), served);
}
