import fc from "fast-check";
import { day, hour } from "../../../sdk/duration";
import {
  assertWindow,
  defaultRenewBefore,
  dueMoment,
  endOf,
  isDue,
  isStartSettled,
  nextStart,
  planOf,
} from "../../../sdk/lifecycle/schedule";

const now = Date.UTC(2027, 0, 1);

describe("the renewal window", () => {
  it.each([
    ["90d", undefined, 30 * day],
    ["1y", undefined, Math.floor((365 * day) / 3)],
    ["10d", undefined, Math.floor((10 * day) / 3)],
    ["9d", undefined, 4.5 * day],
    ["7d", undefined, 3.5 * day],
    ["24h", undefined, 12 * hour],
    ["90d", "10d", 10 * day],
    ["90d", "10%", 9 * day],
    ["1d", "1%", 864_000],
    ["7d", "99%", Math.floor(7 * day * 0.99)],
    ["1s", "99%", 990],
    [undefined, undefined, 30 * day],
  ])("of %s with renewBefore %s", (duration, renewBefore, expected) => {
    const args = { ...(duration && { duration }), ...(renewBefore && { renewBefore }) };
    expect(planOf(args, "90d").renewBefore).toBe(expected);
  });

  it.each([
    ["0%", 'renewBefore: "0%" leaves no time to renew. Use 1% to 99%.'],
    ["100%", 'renewBefore: "100%" is not a duration.'],
    ["1.5%", 'renewBefore: "1.5%" is not a duration.'],
    ["-5%", 'renewBefore: "-5%" is not a duration.'],
    ["a third", 'renewBefore: "a third" is not a duration.'],
  ])("renewBefore %s is refused", (renewBefore, message) => {
    expect(() => planOf({ renewBefore }, "90d")).toThrow(message);
  });

  it.each([
    ["as long as the lifetime", 30 * day, 30 * day, day, "renewBefore: 30d is not smaller than the duration 30d."],
    ["longer than the lifetime", 30 * day, 31 * day, day, "renewBefore: 31d is not smaller than the duration 30d."],
    [
      "shorter than the cadence",
      90 * day,
      day - 1_000,
      day,
      "renewBefore: 86399s before the end is shorter than the stack's cadence of 1d: a run could miss it.",
    ],
  ])("%s is refused", (_what, duration, renewBefore, cadence, message) => {
    expect(() => assertWindow({ duration, renewBefore, jitter: 0 }, cadence)).toThrow(message);
  });

  test("as long as the cadence, or a second shorter than the lifetime, is not", () => {
    assertWindow({ duration: 90 * day, renewBefore: day, jitter: 0 }, day);
    assertWindow({ duration: 90 * day, renewBefore: 90 * day - 1_000, jitter: 0 }, day);
  });

  test("is by default inside every lifetime", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 36_500 * day }), (duration) => {
        expect(defaultRenewBefore(duration)).toBeGreaterThan(0);
        expect(defaultRenewBefore(duration)).toBeLessThan(duration);
      }),
    );
  });
});

describe("jitter", () => {
  const plan = (identity?: string) => planOf({ duration: "90d", renewBefore: "30d" }, "90d", identity);

  test("is none without an identity, and the same for the same one", () => {
    expect(plan().jitter).toBe(0);
    expect(plan("project/stack/web")).toEqual(plan("project/stack/web"));
  });

  test("does not change from one release to the next", () => {
    expect(plan("project/stack/web").jitter / 60_000).toBe(3_900);
    expect(plan("project/stack/api").jitter / 60_000).toBe(3_901);
  });

  test("spreads the certificates of a stack over its whole range", () => {
    const days = Array.from({ length: 300 }, (_, at) => Math.floor(plan(`project/stack/web-${at}`).jitter / day));
    for (const value of [0, 1, 2]) expect(days.filter((one) => one === value).length).toBeGreaterThan(75);
  });

  test("takes at most a tenth of the window and a twentieth of the time before it, in whole minutes", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 2, max: 400 * 24 }),
        fc.integer({ min: 1, max: 99 }),
        (identity, hours, percent) => {
          const { duration, renewBefore, jitter } = planOf(
            { duration: `${hours}h`, renewBefore: `${percent}%` },
            "",
            identity,
          );
          expect(jitter % 60_000).toBe(0);
          expect(jitter).toBeGreaterThanOrEqual(0);
          expect(jitter).toBeLessThanOrEqual(renewBefore / 10);
          expect(jitter).toBeLessThanOrEqual((duration - renewBefore) / 20);
        },
      ),
    );
  });
});

describe("due means that the moment would pass before the next run", () => {
  it.each([
    ["a cadence and a millisecond away", now + day + 1, false],
    ["exactly a cadence away: the next run is in time", now + day, false],
    ["a millisecond less than a cadence away", now + day - 1, true],
    ["now", now, true],
    ["long past", now - 300 * day, true],
  ])("%s", (_what, dueAt, expected) => {
    expect(isDue(dueAt, now, day)).toBe(expected);
  });

  test("the moment lies the window and the jitter before the end, and the end is the issuer's at the latest", () => {
    const plan = { duration: 90 * day, renewBefore: 30 * day, jitter: day };
    expect(endOf(plan, now, undefined)).toBe(now + 90 * day);
    expect(endOf(plan, now, now + 89 * day)).toBe(now + 89 * day);
    expect(endOf(plan, now, now + 91 * day)).toBe(now + 90 * day);
    expect(dueMoment(plan, now + 90 * day)).toBe(now + 59 * day);
  });
});

describe("the next period", () => {
  const plan = { duration: 90 * day, renewBefore: 30 * day, jitter: 0 };
  const dueAt = now + 60 * day;

  it.each([
    ["before it is due", -2 * day, 0],
    ["at the first run that finds it due", -day + 1, 0],
    ["at the due moment", 0, 0],
    ["a cadence late", day, 0],
    ["just under half a period late", 29 * day - 1, 0],
    ["half a period late", 29 * day, 30 * day],
    ["a year late", 365 * day, 360 * day],
  ])("renewed %s", (_when, late, skipped) => {
    expect(nextStart(plan, dueAt, dueAt + late, day)).toBe(dueAt - day + skipped);
  });

  it.each([
    ["at the first run that finds it due", -day + 1, true],
    ["at the due moment", 0, true],
    ["more than a cadence before half a period has passed", 28 * day, true],
    ["less than a cadence before it", 28 * day + 1, false],
    ["just after it", 29 * day, true],
  ])("is settled for a preview %s: %s", (_when, late, settled) => {
    expect(isStartSettled(plan, dueAt, dueAt + late, day)).toBe(settled);
  });

  test("of a certificate with a period of few runs still holds for the run after a timely preview", () => {
    const weekly = { duration: 7 * day, renewBefore: 4 * day, jitter: 0 };
    for (const late of [-day + 1, -hour, 0]) {
      expect(isStartSettled(weekly, dueAt, dueAt + late, day)).toBe(true);
      expect(nextStart(weekly, dueAt, dueAt + late, day)).toBe(dueAt - day);
    }
    expect(nextStart(weekly, dueAt, dueAt + day - 1, day)).toBe(dueAt - day);
    expect(nextStart(weekly, dueAt, dueAt + day, day)).toBe(dueAt + day);
  });

  test("of a certificate that every run renews begins with the run", () => {
    const short = { duration: 72 * hour - 1_000, renewBefore: 24 * hour, jitter: 0 };
    for (const late of [-day + 1, 0, 17 * day]) {
      expect(nextStart(short, dueAt, dueAt + late, day)).toBe(dueAt + late);
      expect(isStartSettled(short, dueAt, dueAt + late, day)).toBe(false);
    }
  });
});
