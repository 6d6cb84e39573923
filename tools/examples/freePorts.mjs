// Ports for servers of the examples.
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that the system gives out by itself, so that nobody takes one between the look at it and its use. */
const [lowest, count] = [12_000, 8_000];

/** As many different ports of 127.0.0.1 as asked for, on which nothing listens. */
export async function freePorts(wanted) {
  const ports = [];
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count && ports.length < wanted; step += 1) {
    const port = lowest + ((start + step) % count);
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < wanted)
    throw new Error(`From ${lowest} to ${lowest + count} only ${ports.length} ports are free.`);
  return ports;
}

async function isFree(port) {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    return true;
  } catch (error) {
    if (error.code === "EADDRINUSE") return false;
    throw error;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
