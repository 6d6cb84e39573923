// Starts the web server of the trial. It ends with this process, however that ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { inFolder } from "./trial.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const stateFile = inFolder("server.json");

/** What the server is told with, as a command for the deployment. */
export const reloadCommand = [process.execPath, join(here, "reload.mjs"), stateFile];

/** @returns {Promise<{ port: number, stop(): Promise<void> }>} on the port that it had before, if it had one. */
export async function startServer() {
  const port = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")).port : 0;
  const files = {
    certificate: inFolder("tls", "fullchain.pem"),
    key: inFolder("tls", "privkey.pem"),
    state: stateFile,
  };
  const args = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path]);
  const child = spawn(process.execPath, [join(here, "webServer.mjs"), ...args, "--port", String(port)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) throw new Error(`The web server did not start${port ? `: is port ${port} in use?` : "."}`);
  return {
    port: JSON.parse(value).port,
    async stop() {
      child.stdin.end();
      await closed;
    },
  };
}
