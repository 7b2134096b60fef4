/**
 * Asks a tau server for work, shows what happens, answers its questions for permission with yes, and offers a tool.
 *
 *     node example.js http://127.0.0.1:8321 ~/.local/state/tau/token "what is the weather in Bern?"
 */
import { readFileSync } from "node:fs";
import { EffectClass } from "tau-client";
import { connect } from "tau-client/node";

const [url, tokenFile, prompt] = process.argv.slice(2) as [string, string, string];
const tau = connect(url, readFileSync(tokenFile, "utf8"));
const weather = {
  name: "weather",
  description: "Tells the weather of a place.",
  parameters: { type: "object", properties: { place: { type: "string" } } },
  effect: EffectClass.PURE,
  run: ({ place }: Record<string, unknown>) => `21 degrees in ${place}.`,
};
const offered = await tau.offerTools(`weather-${process.pid}`, [weather]);
const session = await tau.createSession();
for await (const { message } of tau.run(session, prompt)) {
  if (message.case === "delta" && message.value.delta.case === "text") {
    process.stdout.write(message.value.delta.value);
  } else if (message.case === "event" && message.value.body.case === "permissionRequested") {
    console.log(`\n[${message.value.body.value.reason}: allowed]`);
    await tau.decide(session, message.value.body.value.callId, "allow");
  } else if (message.case === "result") {
    console.log(`\n[${message.value.outcome?.outcome.case} after ${message.value.spent?.turns} turns]`);
  }
}
await offered.withdraw();
