// Ctrl-C: the command that runs comes to an orderly end, and nothing is started after it.

/** Thrown where the user interrupted: not a failure to explain. */
export class Interrupted extends Error {}

const running = new Set();
let interrupted = false;

export function interrupt() {
  interrupted = true;
  for (const child of running) child.kill("SIGINT");
}

export function throwIfInterrupted() {
  if (interrupted) throw new Interrupted("interrupted");
}

export const isInterrupted = () => interrupted;

/** `child` is told of an interruption until it has ended. */
export function tellOfInterruption(child) {
  running.add(child);
  child.on("close", () => running.delete(child));
}
