import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that the system gives out by itself: nobody takes one between the look at it and its use. */
const lowest = 20_000;
/** Of each of Jest's workers, which run at the same time. */
const perWorker = 4_000;

/** Whoever was given one may not listen on it yet. */
const given = new Set<number>();

/** As many different ports of 127.0.0.1 as asked for, on which nothing listens, over TCP and UDP. */
export async function freePorts(count: number): Promise<number[]> {
  const worker = (Number(process.env["JEST_WORKER_ID"] ?? 1) - 1) % 3;
  const start = Math.floor(Math.random() * perWorker);
  const ports: number[] = [];
  for (let step = 0; step < perWorker && ports.length < count; step++) {
    const port = lowest + worker * perWorker + ((start + step) % perWorker);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error(`Of ${perWorker} ports only ${ports.length} are free.`);
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket("udp4");
  try {
    await Promise.all([
      once(server.listen(port, "127.0.0.1"), "listening"),
      new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind(port, "127.0.0.1", resolve);
      }),
    ]);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  } finally {
    socket.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
