import { setMaxListeners } from "node:events";
import { connect } from "node:net";
import { CertificatesError } from "../errors";

/**
 * Watches the engine that started this process. When the CLI is killed the provider process lives on and would finish
 * its work with nobody left to record it; so steps that cannot be undone ask first whether the engine is still there.
 */
let gone = false;
let watching = false;
const departure = new AbortController();

/** Aborted when the engine is gone: ends requests and waits that are under way. */
export const engineSignal: AbortSignal = departure.signal;
// Every wait of every certificate listens to it.
setMaxListeners(0, engineSignal);

/** The engine's address is the first argument of the dynamic provider process. */
export function watchEngine(address: string | undefined = process.argv[2], exit = () => process.exit(1)): void {
  const port = Number(/^127\.0\.0\.1:(\d+)$/.exec(address ?? "")?.[1]);
  if (watching || !port) return;
  watching = true;
  watch(port, exit);
}

/** Throws once the engine is gone. */
export function assertEngineAlive(): void {
  if (gone) {
    throw new CertificatesError("EngineGone", "The Pulumi engine has gone away; nothing more is changed.", {
      hint: "Run `pulumi cancel`, then `pulumi refresh --clear-pending-creates`, then `pulumi up`.",
    });
  }
}

/** The server may close an idle connection by itself; only a refused new one means that it is gone. */
function watch(port: number, exit: () => void): void {
  let connected = false;
  const socket = connect(port, "127.0.0.1");
  socket.unref();
  // The end of a stream is told only to those who read it, and the server begins with a greeting.
  socket.resume();
  socket.on("connect", () => (connected = true));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    if (connected) watch(port, exit);
    else leave(exit);
  });
}

function leave(exit: () => void): void {
  gone = true;
  departure.abort();
  // What is in flight stops at its next question; a process without its engine has nothing else to wait for.
  setTimeout(exit, 5_000).unref();
}
