import { onAbort } from "./onAbort";

/** Runs tasks of the same name one after the other, in this process. */
export class Mutex {
  private readonly last = new Map<string, Promise<void>>();

  /** Rejects with the signal's reason when it is aborted before its turn comes. */
  async run<T>(name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    let release = (): void => undefined;
    const own = new Promise<void>((resolve) => (release = resolve));
    const tail = before === undefined ? own : before.then(() => own);
    this.last.set(name, tail);
    try {
      if (before !== undefined) await abortable(before, signal);
      signal.throwIfAborted();
      return await task();
    } finally {
      release();
      if (this.last.get(name) === tail) this.last.delete(name);
    }
  }
}

function abortable(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, reject);
    void wait.then(resolve).finally(stop);
  });
}
