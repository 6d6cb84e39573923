import { setMaxListeners } from "node:events";
import fc from "fast-check";
import { type Retry, WaitBudget, defaultSchedule, retryDelay, withRetries } from "../../../sdk/net/retry";

const now = Date.UTC(2027, 0, 1);
const schedule = { first: 500, longest: 20_000, mostAttempts: 9 };

describe("the wait before another try", () => {
  it.each<[Retry, number, number, number | undefined]>([
    ["never", 1, 0.5, undefined],
    ["backOff", 1, 0.5, 250],
    ["backOff", 2, 0.5, 500],
    ["backOff", 3, 0.999, 1_998],
    ["backOff", 7, 0.5, 10_000],
    ["backOff", 8, 0.5, 10_000],
    ["backOff", 8, 0, 0],
    ["backOff", 9, 0.5, undefined],
    [{ notBefore: now + 30_000 }, 1, 0, 30_000],
    [{ notBefore: now + 30_000 }, 8, 0.5, 30_250],
    [{ notBefore: now - 30_000 }, 1, 0.5, 250],
    [{ notBefore: now + 30_000 }, 9, 0.5, undefined],
  ])("after %j, %d failures and %d of luck is %j ms", (retry, failures, random, expected) => {
    expect(retryDelay(retry, failures, now, random, schedule)).toBe(expected);
  });

  const luck = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  test("is never longer than the ceiling, and never earlier than the other side asked", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        luck,
        fc.integer({ min: -1e6, max: 1e9 }),
        (failures, random, ahead) => {
          const wait = retryDelay("backOff", failures, now, random)!;
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThan(Math.min(defaultSchedule.longest, defaultSchedule.first * 2 ** (failures - 1)));
          const told = retryDelay({ notBefore: now + ahead }, failures, now, random)!;
          expect(now + told).toBeGreaterThanOrEqual(Math.max(now, now + ahead));
          expect(told).toBeLessThanOrEqual(Math.max(0, ahead) + defaultSchedule.first);
        },
      ),
    );
  });

  test("is spread over the whole ceiling", () => {
    const waits = Array.from({ length: 1_000 }, () => retryDelay("backOff", 4, now, Math.random())!);
    for (const quarter of [0, 1_000, 2_000, 3_000]) {
      expect(waits.filter((wait) => wait >= quarter && wait < quarter + 1_000).length).toBeGreaterThan(150);
    }
  });
});

describe("the budget of a run", () => {
  test("counts the time of tries that fail: a server that hangs is not asked nine times", async () => {
    const budget = new WaitBudget(120);
    let tries = 0;
    const hangs = async (): Promise<never> => {
      tries += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error("timeout");
    };
    const signal = new AbortController().signal;
    const attempts = [1, 2, 3].map(() =>
      withRetries(hangs, {
        judge: () => "backOff",
        budget,
        signal,
        schedule: { first: 1, longest: 1, mostAttempts: 9 },
      }),
    );
    for (const each of await Promise.allSettled(attempts)) expect(each).toMatchObject({ status: "rejected" });
    expect(tries).toBeGreaterThanOrEqual(6);
    expect(tries).toBeLessThanOrEqual(9); // two or three each, at the same time
  });

  test("counts waits at the same time once", () => {
    let at = now;
    const budget = new WaitBudget(10_000, () => at);
    for (let each = 0; each < 200; each++) expect(budget.take(6_000)).toBe(true);
    at += 3_000;
    expect(budget.take(6_000)).toBe(true); // three more seconds: nine in total
    expect(budget.take(7_500)).toBe(false);
    expect(budget.take(7_000)).toBe(true);
    at += 60_000;
    expect(budget.take(1)).toBe(false);
    expect(budget.take(0)).toBe(true);
  });

  test("is never exceeded, whoever waits when", () => {
    const waits = fc.array(fc.tuple(fc.nat(5_000), fc.nat(5_000)), { maxLength: 50 });
    fc.assert(
      fc.property(waits, fc.nat(20_000), (steps, total) => {
        let at = now;
        const budget = new WaitBudget(total, () => at);
        const waited = new Set<number>();
        for (const [pause, wait] of steps) {
          at += pause;
          if (budget.take(wait)) for (let tick = at; tick < at + wait; tick += 1) waited.add(tick);
        }
        expect(waited.size).toBeLessThanOrEqual(total);
      }),
      { numRuns: 50 },
    );
  });
});

describe("trying again", () => {
  const { signal: never } = new AbortController();
  setMaxListeners(0, never);
  const quick = { first: 1, longest: 2, mostAttempts: 5 };
  const options = (judge: () => Retry, more: object = {}) => ({
    judge,
    budget: new WaitBudget(60_000),
    signal: never,
    schedule: quick,
    ...more,
  });
  const failing = (times: number) => {
    const seen: [unknown, number][] = [];
    const attempt = async (before: unknown, failures: number): Promise<string> => {
      seen.push([(before as Error | undefined)?.message, failures]);
      if (seen.length <= times) throw new Error(`failure ${seen.length}`);
      return "done";
    };
    return { attempt, seen };
  };

  test("ends with the first success, and each attempt knows what failed before", async () => {
    const { attempt, seen } = failing(2);
    expect(
      await withRetries(
        attempt,
        options(() => "backOff"),
      ),
    ).toBe("done");
    expect(seen).toEqual([
      [undefined, 0],
      ["failure 1", 1],
      ["failure 2", 2],
    ]);
  });

  test("ends with the last failure after the most attempts", async () => {
    await expect(
      withRetries(
        failing(99).attempt,
        options(() => "backOff"),
      ),
    ).rejects.toThrow("failure 5");
  });

  test("does not repeat what cannot help", async () => {
    await expect(
      withRetries(
        failing(99).attempt,
        options(() => "never"),
      ),
    ).rejects.toThrow("failure 1");
  });

  test("does not begin a wait that the budget does not hold", async () => {
    const reported: number[] = [];
    const judge = (): Retry => ({ notBefore: Date.now() + 3_600_000 });
    const report = (_error: unknown, wait: number) => reported.push(wait);
    await expect(withRetries(failing(99).attempt, options(judge, { report }))).rejects.toThrow("failure 1");
    expect(reported).toEqual([]);
  });

  test("ends a long wait with the run, with what failed", async () => {
    const run = new AbortController();
    const judge = (): Retry => ({ notBefore: Date.now() + 30_000 });
    const report = (): void => run.abort();
    const work = withRetries(failing(99).attempt, options(judge, { signal: run.signal, report }));
    await expect(work).rejects.toThrow("failure 1");
  });

  test("waits of many at the same time take their budget once, and what they took is gone", async () => {
    const shared = { budget: new WaitBudget(1_200), schedule: { ...quick, mostAttempts: 2 } };
    const soon = (wait: number) => (): Retry => ({ notBefore: Date.now() + wait });
    const once = () => withRetries(failing(1).attempt, options(soon(500), shared));
    expect(await Promise.all(Array.from({ length: 20 }, once))).toEqual(new Array(20).fill("done"));
    await expect(withRetries(failing(1).attempt, options(soon(900), shared))).rejects.toThrow("failure 1");
  });

  test("does not try again once the run has ended", async () => {
    const run = new AbortController();
    const { attempt, seen } = failing(99);
    const ending = async (before: unknown, failures: number): Promise<string> => {
      if (failures === 2) run.abort();
      return await attempt(before, failures);
    };
    await expect(
      withRetries(
        ending,
        options(() => "backOff", { signal: run.signal }),
      ),
    ).rejects.toThrow("failure 3");
    expect(seen).toHaveLength(3);
  });
});
