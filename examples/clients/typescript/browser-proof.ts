/**
 * Has a headless browser stream runs from a page of another origin, and fails where something differs.
 *
 *     tau serve --allow-origin http://localhost:8999 &
 *     npm run browser -- 8999 http://127.0.0.1:8321 ~/.local/state/tau/token CHROMIUM
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";

const [port, baseUrl, tokenFile, chromium] = process.argv.slice(2);
if (!port || !baseUrl || !tokenFile || !chromium) throw new Error("usage: browser PORT URL TOKENFILE CHROMIUM");
const settings = JSON.stringify({ baseUrl, token: readFileSync(tokenFile, "utf8").trim() });
const bundled = await build({ entryPoints: ["browser.ts"], bundle: true, format: "esm", target: "es2022", write: false });
const script = bundled.outputFiles[0]!.text;
const html = `<!doctype html><script type="module" src="/script.js"></script>`;

const reported = new Promise<Record<string, string>>((done) => {
  const server = createServer(async (request, response) => {
    const [type, body] = {
      "/": ["text/html", html],
      "/script.js": ["text/javascript", script],
      "/settings": ["application/json", settings],
    }[request.url ?? ""] ?? ["text/plain", ""];
    if (request.url === "/report") done(JSON.parse(await text(request)) as Record<string, string>);
    response.writeHead(200, { "content-type": type }).end(body);
  });
  server.listen(Number(port), "127.0.0.1");
});

const profile = mkdtempSync(join(tmpdir(), "tau-browser-"));
const options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--user-data-dir=${profile}`];
const browser = spawn(chromium, [...options, `http://localhost:${port}/`], { stdio: "ignore" });
const late = new Promise<Record<string, string>>((done) => setTimeout(done, 60_000, { page: "it never reported" }));
const report = await Promise.race([reported, late]);
const closed = new Promise((done) => browser.once("close", done));
browser.kill("SIGKILL");
await closed;
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
for (const [check, told] of Object.entries(report)) console.log(`${check}: ${told.replaceAll(/\s+/g, " ")}`);
process.exit(Object.values(report).filter((told) => told !== "ok").length);
