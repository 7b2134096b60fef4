/**
 * Loses the connection in the middle of a call of a tool: the call goes on, its result arrives, and it is carried out once.
 *
 *     node lost.js URL TOKENFILE "what is the weather in Bern?"
 */
import { readFileSync } from "node:fs";
import { connect as dial, createServer, type AddressInfo, type Socket } from "node:net";
import { errorDetail } from "tau-client";
import { connect } from "tau-client/node";

const [url, tokenFile, prompt] = process.argv.slice(2) as [string, string, string];
const { hostname, port } = new URL(url);
const token = readFileSync(tokenFile, "utf8");

// What stands between the tool and the server.
const sockets = new Set<Socket>();
const between = createServer((socket) => {
  const server = dial(Number(port), hostname);
  for (const side of [socket, server]) {
    sockets.add(side);
    side.on("error", () => side.destroy()).on("close", () => (socket.destroy(), server.destroy(), sockets.delete(side)));
  }
  socket.pipe(server).pipe(socket);
}).listen(0, "127.0.0.1");
await new Promise((done) => between.once("listening", done));
const provider = connect(`http://127.0.0.1:${(between.address() as AddressInfo).port}`, token);

let carriedOut = 0;
const weather = {
  name: "weather",
  description: "Tells the weather of a place.",
  parameters: { type: "object" },
  async run({ place }: Record<string, unknown>) {
    carriedOut += 1;
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => setTimeout(done, 500));
    return `21 degrees in ${place}.`;
  },
};
const offered = await provider.offerTools(`lost-${process.pid}`, [weather]);

const tau = connect(url, token);
const session = await tau.createSession();
let text = "";
for await (const { message } of tau.run(session, prompt)) {
  if (message.case === "event" && message.value.body.case === "permissionRequested") {
    await tau.decide(session, message.value.body.value.callId, "allow");
  }
  if (message.case === "result") text = message.value.text;
}
await offered.withdraw();
between.close();
for (const socket of sockets) socket.destroy();
const missing = await tau.runtime.getSession({ sessionId: crypto.randomUUID() }).catch(errorDetail);
console.log(text);
console.log(`[carried out ${carriedOut} times, ${missing && "reason" in missing ? missing.reason : "found"}]`);
