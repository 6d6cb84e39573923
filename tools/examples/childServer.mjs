// The server programs of the examples: each in the foreground, with its log kept, and ended with this process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts a server and waits until it accepts connections on these ports of the host. Ctrl-C in the terminal does not
 * reach it: a Pulumi run that comes to an orderly end still needs it.
 */
export async function startServer(command, args, { cwd, env = process.env, host = "127.0.0.1", ports }) {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  let ended = false;
  const closed = once(child, "close").then(() => {
    ended = true;
    running.delete(child);
  });
  /** With `kill: false` it was told to end in another way. */
  const stop = async ({ kill = true } = {}) => {
    if (!ended && kill) child.kill("SIGKILL");
    await closed;
  };
  const deadline = Date.now() + 20_000;
  for (const port of ports) {
    while (!(await accepts(host, port))) {
      if (ended || Date.now() > deadline) {
        await stop();
        throw new Error(`${command} does not listen on ${host}:${port}:\n${output}`);
      }
      await delay(20);
    }
  }
  return { output: () => output, stop };
}

function accepts(host, port) {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on("connect", () => socket.destroy());
    socket.on("error", () => resolve(false));
    socket.on("close", (failed) => resolve(!failed));
  });
}
