import { poll } from "../../acme/poll";
import type { SolverContext } from "../solver";
import { type NamedService, unavailable } from "./failures";

/** Changes that a service has accepted and not yet brought to all its servers, by the value that they add. */
export class PendingChanges {
  private readonly ids = new Map<string, string>();

  /** @param isDone asks the service about a change */
  constructor(
    private readonly service: NamedService,
    private readonly isDone: (id: string, context: SolverContext) => Promise<boolean>,
  ) {}

  /** @param id undefined if nothing had to be changed */
  started(value: string, id: string | undefined): void {
    if (id !== undefined) this.ids.set(value, id);
  }

  forget(value: string): void {
    this.ids.delete(value);
  }

  /** Asks until the change is done, with growing pauses. */
  async settle(value: string, timeoutMs: number, context: SolverContext): Promise<void> {
    const id = this.ids.get(value);
    if (id === undefined) return;
    const tooLong = (): Error => {
      const said = `the change is still pending after ${Math.round(timeoutMs / 1000)} s`;
      return unavailable(this.service, "bring the TXT record to its servers", said);
    };
    const ask = async () => ((await this.isDone(id, context)) ? { result: true } : {});
    const waiting = (seconds: number): void =>
      context.report(
        `${this.service.name} is still bringing the TXT record to its servers: asking again in ${seconds} s`,
      );
    await poll({ signal: context.signal, limitMs: timeoutMs, waiting, tooLong }, ask);
    this.ids.delete(value);
  }
}
