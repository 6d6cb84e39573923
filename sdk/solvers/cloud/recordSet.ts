import type { SolverContext } from "../solver";
import { type NamedService, unavailable } from "./failures";
import { backOff, pause } from "./pause";

/** All TXT values at one name, in a service that changes them only together. */
export interface RecordSet {
  readonly values: readonly string[];
  /** Seconds; undefined if there is no record set. */
  readonly ttl: number | undefined;
}

const attempts = 10;

/**
 * Changes the values at a name by compare and swap, so that a value which another process adds or removes at the same
 * time is not lost: `write` is told what was read, and says whether that still held.
 */
export async function changeRecordSet<Read extends RecordSet>(
  service: NamedService,
  name: string,
  change: (values: readonly string[]) => readonly string[],
  access: {
    read(): Promise<Read>;
    write(read: Read, values: readonly string[]): Promise<"done" | "conflict">;
  },
  context: SolverContext,
): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const read = await access.read();
    const values = change(read.values);
    if (values.length === read.values.length) return;
    if ((await access.write(read, values)) === "done") return;
    await pause(backOff(attempt, 200, 5_000), context.signal);
  }
  throw unavailable(service, `change the TXT record ${name}`, `others changed it at the same time, ${attempts} times`);
}

export const withValue =
  (value: string) =>
  (values: readonly string[]): readonly string[] =>
    values.includes(value) ? values : [...values, value];

export const withoutValue =
  (value: string) =>
  (values: readonly string[]): readonly string[] =>
    values.filter((other) => other !== value);
