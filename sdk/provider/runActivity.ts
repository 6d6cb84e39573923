/**
 * What the engine asks of this process before it decides on steps. It asks for one resource after another, as fast as
 * the program names them; only a pause shows that none are left, or that it waits for steps under way.
 */
const listeners = new Set<() => void>();

/** The engine has asked `check` or `diff`. */
export function noteActivity(): void {
  for (const listener of listeners) listener();
}

/** How long a pause has to be, and how long it is waited for at most, in milliseconds. */
export interface Quiet {
  readonly pause: number;
  readonly most: number;
}

/** Resolves once the engine has asked nothing for a while; rejects with the signal's reason. */
export function untilQuiet({ pause, most }: Quiet, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = setTimeout(done, most);
    let timer = setTimeout(done, pause);
    const again = (): void => {
      clearTimeout(timer);
      timer = setTimeout(done, pause);
    };
    const gone = (): void => {
      stop();
      reject(signal.reason as Error);
    };
    function stop(): void {
      clearTimeout(end);
      clearTimeout(timer);
      listeners.delete(again);
      signal.removeEventListener("abort", gone);
    }
    function done(): void {
      stop();
      resolve();
    }
    if (signal.aborted) return gone();
    listeners.add(again);
    signal.addEventListener("abort", gone, { once: true });
  });
}
