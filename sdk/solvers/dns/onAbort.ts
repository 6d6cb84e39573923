import { setMaxListeners } from "node:events";

/** Calls back when the signal is aborted, at once if it is already. Returns how to stop listening. */
export function onAbort(signal: AbortSignal, aborted: (reason: unknown) => void): () => void {
  // All challenges of a run wait on one signal: many listeners are no leak, of which Node.js would warn.
  setMaxListeners(0, signal);
  const listener = (): void => aborted(signal.reason);
  signal.addEventListener("abort", listener);
  if (signal.aborted) listener();
  return () => signal.removeEventListener("abort", listener);
}
