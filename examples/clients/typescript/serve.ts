/**
 * A tau server to try clients on: without a key, its model a script that asks for a command and then says what came.
 *
 *     npm run serve -- ../../../target/debug/tau
 *
 * Prints the URL and the file with the token, and keeps nothing when it is interrupted.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";

const [program] = process.argv.slice(2);
if (!program) throw new Error("usage: serve TAU");

/** The model: a command first, and words once it has a result. */
const model = createServer(async (request, response) => {
  const { messages } = JSON.parse(await text(request)) as { messages: { role: string }[] };
  const command = { name: "bash", arguments: JSON.stringify({ command: "echo here > made" }) };
  const call = { index: 0, id: `call-${messages.length}`, type: "function", function: command };
  const isDone = messages.at(-1)?.role === "tool";
  const [delta, reason] = isDone ? [{ content: "It is made." }, "stop"] : [{ tool_calls: [call] }, "tool_calls"];
  response.writeHead(200, { "content-type": "text/event-stream" });
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  for (const part of [
    { choices: [{ index: 0, delta, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    { choices: [], usage },
  ]) {
    const chunk = { id: "1", object: "chat.completion.chunk", model: "scripted", ...part };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end("data: [DONE]\n\n");
});
await new Promise<void>((done) => model.listen(0, "127.0.0.1", done));

const folder = mkdtempSync(join(tmpdir(), "tau-clients-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const [project, state, config] = [join(folder, "project"), join(folder, "state"), join(folder, "config.toml")];
mkdirSync(project);
const base = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
writeFileSync(config, `model = "test/scripted"\nproviders.test.base_url = "${base}"\n`);

const options = ["--listen", "127.0.0.1:0", "--config", config, "--state-dir", state, "--drain", "1s"];
const tau = spawn(resolve(program), ["serve", ...options], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
tau.stdout.on("data", (url: Buffer) => console.log(`${url.toString().trim()} ${join(state, "token")}`));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => tau.kill("SIGINT"));
tau.on("exit", (code) => {
  model.close();
  model.closeAllConnections();
  process.exitCode = code ?? 1;
});
