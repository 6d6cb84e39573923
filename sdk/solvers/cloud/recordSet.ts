import { type RetrySchedule, withRetries } from "../../net/retry";
import type { SolverContext } from "../solver";
import { type NamedService, unavailable } from "./failures";

/** All TXT values at one name, in a service that changes them only together. */
export interface RecordSet {
  readonly values: readonly string[];
  /** Seconds; undefined if there is no record set. */
  readonly ttl: number | undefined;
}

/** What became of a change: refused, because the record set is not what was read; or taken, under this id if it has one. */
export type Written = "conflict" | { readonly id?: string };

const schedule: RetrySchedule = { first: 200, longest: 5_000, mostAttempts: 10 };

/**
 * Changes the values at a name by compare and swap, so that a value which another process adds or removes at the same
 * time is not lost: `write` is told what was read, and says whether that still held. Returns the id of the change, if
 * there was one to make and the service names it.
 */
export async function changeRecordSet<Read extends RecordSet>(
  service: NamedService,
  name: string,
  change: (values: readonly string[]) => readonly string[],
  access: {
    read(): Promise<Read>;
    write(read: Read, values: readonly string[]): Promise<Written>;
  },
  context: SolverContext,
): Promise<string | undefined> {
  const conflict = unavailable(service, `change the TXT record ${name}`, "others change it at the same time");
  const attempt = async (): Promise<string | undefined> => {
    const read = await access.read();
    const values = change(read.values);
    if (values.length === read.values.length) return undefined;
    const written = await access.write(read, values);
    if (written === "conflict") throw conflict;
    return written.id;
  };
  const judge = (error: unknown) => (error === conflict ? "backOff" : "never");
  return await withRetries(attempt, { judge, schedule, signal: context.signal });
}

export const withValue =
  (value: string) =>
  (values: readonly string[]): readonly string[] =>
    values.includes(value) ? values : [...values, value];

export const withoutValue =
  (value: string) =>
  (values: readonly string[]): readonly string[] =>
    values.filter((other) => other !== value);
