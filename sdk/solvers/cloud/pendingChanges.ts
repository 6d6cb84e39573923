import type { SolverContext } from "../solver";
import { type NamedService, unavailable } from "./failures";
import { pause } from "./pause";

const firstWait = 500;
const longestWait = 5_000;

/** Changes that a service has accepted and not yet brought to all its servers, by the value that they add. */
export class PendingChanges {
  private readonly ids = new Map<string, string>();

  constructor(private readonly service: NamedService) {}

  started(value: string, id: string): void {
    this.ids.set(value, id);
  }

  forget(value: string): void {
    this.ids.delete(value);
  }

  /** Asks until the change is done, with growing pauses. */
  async settle(
    value: string,
    timeoutMs: number,
    isDone: (id: string) => Promise<boolean>,
    { signal }: SolverContext,
  ): Promise<void> {
    const id = this.ids.get(value);
    if (id === undefined) return;
    const end = Date.now() + timeoutMs;
    for (let wait = firstWait; !(await isDone(id)); wait = Math.min(longestWait, wait * 2)) {
      if (Date.now() + wait > end) {
        const said = `the change is still pending after ${Math.round(timeoutMs / 1000)} s`;
        throw unavailable(this.service, "bring the TXT record to its servers", said);
      }
      await pause(wait, signal);
    }
    this.ids.delete(value);
  }
}
