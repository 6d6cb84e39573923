import fc from "fast-check";
import { day, hour } from "../../../sdk/duration";
import { backOff, isBackingOff, keepUntil, keptFailure, nextAttempt } from "../../../sdk/lifecycle/backoff";

const plan = { duration: 90 * day, renewBefore: 30 * day, jitter: 2 * day };
const now = Date.UTC(2027, 0, 1);

test("a failed renewal keeps the certificate for half of the window, or as long as it was said", () => {
  const end = now + 20 * day;
  expect(keepUntil(undefined, plan, end)).toBe(end - 15 * day);
  expect(keepUntil("3d", plan, end)).toBe(end - 3 * day);
  expect(() => keepUntil("soon", plan, end)).toThrow('onRenewalFailure.keepUntil: "soon" is not a duration.');
});

describe("the wait after a failure", () => {
  it.each([
    [0, 1],
    [1, 2],
    [2, 4],
    [3, 8],
    [4, 12],
    [50, 12],
    [5_000, 12],
  ])("after %d failures before it is %d hours in a stack that runs daily", (attempts, hours) => {
    expect(keptFailure("CA is down", attempts, now, day)).toEqual({
      lastFailure: "CA is down",
      attempts: attempts + 1,
      nextAttemptAt: new Date(now + hours * hour).toISOString().replace(".000Z", "Z"),
    });
  });

  test("is over at the next run of the stack, however often it failed", () => {
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.integer({ min: 60_000, max: 7 * day }),
        fc.integer({ min: now, max: now + 400 * day }),
        (attempts, cadence, at) => {
          const { nextAttemptAt } = keptFailure("", attempts, at, cadence);
          expect(isBackingOff(nextAttemptAt, at + cadence)).toBe(false);
        },
      ),
    );
  });

  it.each([
    ["nothing failed", undefined, false],
    ["a millisecond before", now + 1, true],
    ["at the moment", now, false],
    ["after it", now - 1_000, false],
  ])("%s", (_when, nextAttemptAt, expected) => {
    expect(isBackingOff(nextAttemptAt === undefined ? undefined : new Date(nextAttemptAt).toISOString(), now)).toBe(
      expected,
    );
  });
});

describe("cert-manager's schedule", () => {
  // Failures, and minutes since the last one: whether to wait, in a stack that runs so seldom that it does not matter.
  it.each([
    [1, 59, true],
    [1, 0, true],
    [1, 61, false],
    [2, 0, true],
    [2, 121, false],
    [3, 0, true],
    [3, 245, false],
    [4, 0, true],
    [4, 600, false],
    [5, 0, true],
    [5, 1_021, false],
    [6, 0, true],
    [6, 32 * 60, false],
    [100, 0, true],
    [100, 32 * 60, false],
  ])("after %d failures, %d minutes ago: wait %s", (attempts, minutes, expected) => {
    const { nextAttemptAt } = keptFailure("", attempts - 1, now - minutes * 60_000, 30 * day);
    expect(isBackingOff(nextAttemptAt, now)).toBe(expected);
    expect(isBackingOff(nextAttemptAt, now, true)).toBe(false);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 16],
    [6, 32],
    [7, 32],
    [100, 32],
    [5_000, 32],
  ])("%d failures wait %d hours", (attempts, hours) => expect(backOff(attempts, 30 * day)).toBe(hours * hour));

  it.each([
    [1, hour, 30 * 60_000],
    [9, hour, 30 * 60_000],
    [3, 6 * hour, 3 * hour],
    [9, day, 12 * hour],
  ])(
    "%d failures of a stack that runs every %d ms wait %d ms: less than to the next run",
    (attempts, cadence, expected) => {
      expect(backOff(attempts, cadence)).toBe(expected);
    },
  );
});

describe("the issuer says when to come back", () => {
  it.each<[string, { retryAt?: number; until?: number }, number]>([
    ["nothing", {}, 1 * hour],
    ["sooner than the back-off", { retryAt: now + 60_000 }, 1 * hour],
    ["later than the back-off and the next run", { retryAt: now + 50 * hour }, 50 * hour],
    ["in the past", { retryAt: now - day }, 1 * hour],
    ["next year", { retryAt: now + 365 * day }, 7 * day],
    ["after the certificate may be kept no longer", { retryAt: now + 50 * hour, until: now + 10 * hour }, 10 * hour],
    ["when it may be kept no longer already", { retryAt: now + 50 * hour, until: now - hour }, 0],
  ])("%s", (_what, limits, expected) => {
    expect(nextAttempt(1, now, day, limits)).toBe(now + expected);
    expect(keptFailure("429", 0, now, day, limits).nextAttemptAt).toBe(
      new Date(now + expected).toISOString().replace(".000Z", "Z"),
    );
  });

  test("no attempt is made before that, and none waits past the end of the time to keep", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 60_000, max: 7 * day }),
        fc.integer({ min: 0, max: 7 * day }),
        fc.integer({ min: -day, max: 90 * day }),
        (attempts, cadence, wait, left) => {
          const at = nextAttempt(attempts, now, cadence, { retryAt: now + wait, until: now + left });
          expect(at).toBeGreaterThanOrEqual(Math.min(now + wait, Math.max(now, now + left)));
          expect(at).toBeLessThanOrEqual(Math.max(now, now + left));
        },
      ),
    );
  });
});
