import { Pace } from "../../../sdk/acme/pace";
import { poll } from "../../../sdk/acme/poll";

/** Milliseconds; waiting is what moves it. */
let now = 0;
jest.mock("../../../sdk/acme/pause", () => ({
  pause: (milliseconds: number) => {
    now += milliseconds;
    return Promise.resolve();
  },
}));

interface Ca {
  /** Of the result, from the beginning on. */
  readonly doneAfter: number;
  /** Retry-After of the answer before the first question, and of those that come before the result. */
  readonly first?: string;
  readonly pending?: string;
}

/** When the questions came, from the beginning on. */
async function questions(pace: Pace, { doneAfter, first, pending }: Ca): Promise<number[]> {
  const start = now;
  const asked: number[] = [];
  const options = { signal: new AbortController().signal, limitMs: 300_000, pace, retryAfter: first };
  await poll({ ...options, tooLong: () => new Error("too long") }, () => {
    asked.push(Math.round(now - start));
    return Promise.resolve(now - start >= doneAfter ? { result: "done" } : { retryAfter: pending });
  });
  return asked;
}

/** Of orders one after the other: how often the CA was asked for each. */
async function counts(pace: Pace, orders: readonly Ca[]): Promise<number[]> {
  const found: number[] = [];
  for (const ca of orders) found.push((await questions(pace, ca)).length);
  return found;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("asking a CA whether it is done", () => {
  beforeEach(() => {
    jest.spyOn(Date, "now").mockImplementation(() => now);
  });

  it("begins after a quarter of a second and becomes rarer", async () => {
    expect(await questions(new Pace(), { doneAfter: 2_000 })).toEqual([250, 675, 1398, 2626]);
  });

  it("never asks sooner than Retry-After says, whatever was learnt", async () => {
    const pace = new Pace();
    await counts(pace, times(100, { doneAfter: 0 }));
    expect(await questions(pace, { doneAfter: 4_500, first: "3", pending: "2" })).toEqual([3_000, 5_000]);
  });

  it("learns nothing from a question that Retry-After put off", async () => {
    const pace = new Pace();
    await counts(pace, times(100, { doneAfter: 500, first: "1" }));
    expect(pace.firstWait).toBe(250);
  });

  it("begins earlier with a CA that is fast, and not before a tenth of a second", async () => {
    const pace = new Pace();
    expect(await counts(pace, times(50, { doneAfter: 20 }))).toEqual(times(50, 1));
    expect(pace.firstWait).toBe(100);
  });

  it("asks a CA that takes longer once instead of three times", async () => {
    const pace = new Pace();
    const first = await counts(pace, times(5, { doneAfter: 1_000 }));
    const later = await counts(pace, times(100, { doneAfter: 1_000 }));
    expect(first[0]).toBe(3);
    expect(sum(later)).toBeLessThanOrEqual(115);
    expect(pace.firstWait).toBeLessThan(1_700);
  });

  it("comes too early for fewer than one order of thirty where the CA then asks it to wait", async () => {
    const pace = new Pace();
    await counts(pace, times(20, { doneAfter: 400, pending: "1" }));
    expect(sum(await counts(pace, times(300, { doneAfter: 400, pending: "1" })))).toBeLessThanOrEqual(310);
  });

  it("takes many that came too early at the same time for one", () => {
    const pace = new Pace();
    for (let i = 0; i < 20; i++) pace.learn(250, false);
    expect(pace.firstWait).toBe(400);
    for (let i = 0; i < 20; i++) pace.learn(400, true);
    expect(pace.firstWait).toBeGreaterThanOrEqual(0.6 * 400);
  });

  it("fails when the time is over, without a last wait", async () => {
    const start = now;
    const never = questions(new Pace(), { doneAfter: Infinity });
    await expect(never).rejects.toThrow("too long");
    expect(now - start).toBeLessThanOrEqual(300_000);
  });
});
