import fc from "fast-check";
import { day, hour } from "../../../sdk/duration";
import { isBackingOff, keepUntil, keptFailure } from "../../../sdk/lifecycle/backoff";

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
