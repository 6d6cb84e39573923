import fc from "fast-check";
import { day, hour } from "../../../sdk/duration";
import {
  type SuggestedRenewal,
  chosenMoment,
  describeWindow,
  isExemptNow,
  isUsable,
  suggestedDueMoment,
} from "../../../sdk/lifecycle/ariWindow";
import { isDue } from "../../../sdk/lifecycle/schedule";

const now = Date.UTC(2027, 0, 1);
const certId = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";

/** A certificate of 90 days, with so many left, due 30 days before its end. */
const renewal = (left: number, more: Partial<SuggestedRenewal> = {}): SuggestedRenewal => ({
  notBefore: now + (left - 90) * day,
  notAfter: now + left * day,
  ownDueAt: now + (left - 30) * day,
  certId,
  resource: "shop/prod/web",
  cadence: day,
  ...more,
});
const window = (from: number, to: number): { start: number; end: number } => ({ start: now + from, end: now + to });

describe("lego's cases: a window is due", () => {
  it.each<[string, [number, number], number, boolean]>([
    ["in the past", [-2 * hour, -1 * hour], 0, true],
    ["not in the future", [1 * hour, 2 * hour], 0, false],
    ["in the future, but the next run comes after it", [1 * hour, 2 * hour], 2 * hour, true],
    ["not in the future, if the next run comes before it", [1 * hour, 2 * hour], 59 * 60_000, false],
  ])("%s", (_what, [from, to], cadence, expected) => {
    // Whatever moment is chosen: lego draws it, here every certificate has its own.
    for (let each = 0; each < 100; each++) {
      const { dueAt } = suggestedDueMoment(
        renewal(40, { window: window(from, to), cadence, resource: `shop/prod/${each}` }),
      );
      expect(isDue(dueAt, now, cadence)).toBe(expected);
    }
  });
});

describe("lego's cases without a window: 30 days before the end, whole days rounded down", () => {
  it.each([
    [0, true],
    [30 * day, true],
    [30 * day + 23 * hour, true],
    [31 * day + 1_000, false],
    [31 * day, false],
    [-day, true],
  ])("%d ms left", (left, expected) => {
    const { dueAt, by } = suggestedDueMoment(renewal(left / day));
    expect(isDue(dueAt, now, day)).toBe(expected);
    expect(by).toBe("renewBefore");
  });
});

describe("the window and the plan", () => {
  const life = 90 * day;
  it.each<[string, number, SuggestedRenewal["window"], Partial<SuggestedRenewal>, string, [number, number]]>([
    ["a window before the plan's moment", 60, window(day, 3 * day), {}, "suggestion", [2 * day, 3 * day]],
    ["a window after the plan's moment", 30, window(10 * day, 12 * day), {}, "suggestion", [11 * day, 12 * day]],
    ["a window moved into the past", 80, window(-3 * day, -2 * day), {}, "suggestion", [-3 * day, -2 * day]],
    ["a window without width", 40, window(day, day), {}, "renewBefore", [10 * day, 10 * day]],
    ["a window that ends before it starts", 40, window(2 * day, day), {}, "renewBefore", [10 * day, 10 * day]],
    ["a window without dates", 40, { start: NaN, end: NaN }, {}, "renewBefore", [10 * day, 10 * day]],
    ["no window", 40, undefined, {}, "renewBefore", [10 * day, 10 * day]],
    // A twentieth of 90 days is four and a half, a fiftieth 1.8.
    ["a window over the end", 40, window(38 * day, 50 * day), {}, "emergency", [35.5 * day, 35.5 * day]],
    ["a window far after the end", 40, window(400 * day, 500 * day), {}, "emergency", [35.5 * day, 35.5 * day]],
    [
      "less than a twentieth left, window later",
      4,
      window(2 * day, 3.9 * day),
      {},
      "emergency",
      [-0.5 * day, -0.5 * day],
    ],
    [
      "a short plan, and a window before its moment",
      40,
      window(36.5 * day, 37 * day),
      { ownDueAt: now + 37.5 * day },
      "suggestion",
      [36.5 * day, 37 * day],
    ],
    [
      "a short plan, and a window after its moment",
      40,
      window(39 * day, 39.5 * day),
      { ownDueAt: now + 37.5 * day },
      "renewBefore",
      [37.5 * day, 37.5 * day],
    ],
    [
      "a plan that leaves less than a fiftieth",
      40,
      undefined,
      { ownDueAt: now + 39.5 * day },
      "emergency",
      [40 * day - life / 50, 40 * day - life / 50],
    ],
  ])("%s", (_what, left, suggested, more, by, [from, to]) => {
    const moment = suggestedDueMoment(renewal(left, { ...(suggested && { window: suggested }), ...more }));
    expect(moment.by).toBe(by);
    expect(moment.dueAt - now).toBeGreaterThanOrEqual(from);
    expect(moment.dueAt - now).toBeLessThanOrEqual(to);
  });

  const instants = fc.integer({ min: now - 400 * day, max: now + 400 * day });
  const renewals = fc.record({
    notBefore: instants,
    life: fc.integer({ min: hour, max: 400 * day }),
    renewBefore: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    start: instants,
    width: fc.integer({ min: -day, max: 30 * day }),
    cadence: fc.integer({ min: 60_000, max: 7 * day }),
    resource: fc.string(),
  });

  test("never wait longer than the ladder, and not for a window under a twentieth", () => {
    fc.assert(
      fc.property(renewals, ({ notBefore, life, renewBefore, start, width, cadence, resource }) => {
        const notAfter = notBefore + life;
        const ownDueAt = notAfter - Math.floor(life * renewBefore);
        const base = { notBefore, notAfter, ownDueAt, certId, resource, cadence };
        const { dueAt } = suggestedDueMoment({ ...base, window: { start, end: start + width } });
        expect(dueAt).toBeLessThanOrEqual(notAfter - Math.floor(life / 50));
        if (ownDueAt <= notAfter - life / 20) expect(dueAt).toBeLessThanOrEqual(notAfter - Math.floor(life / 20));
        expect(dueAt).toBe(suggestedDueMoment({ ...base, window: { start, end: start + width } }).dueAt);
      }),
    );
  });

  test("wider than the cadence, a window is always met by a run inside it", () => {
    const hits = fc.record({
      start: instants,
      width: fc.integer({ min: 1, max: 30 * day }),
      cadence: fc.integer({ min: 60_000, max: 7 * day }),
      phase: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      resource: fc.string(),
    });
    fc.assert(
      fc.property(hits, ({ start, width, cadence, phase, resource }) => {
        fc.pre(width > cadence);
        const dueAt = chosenMoment({ start, end: start + width }, certId, resource, cadence);
        // The first run, at any phase, for which it is due.
        let run = start - 2 * cadence + Math.floor(phase * cadence);
        while (!isDue(dueAt, run, cadence)) run += cadence;
        expect(isExemptNow({ start, end: start + width }, run)).toBe(true);
      }),
    );
  });
});

describe("the moment in the window", () => {
  const wide = window(0, 2 * day);
  test("is the same in every run, and moves with the window", () => {
    const moment = chosenMoment(wide, certId, "shop/prod/web", hour);
    expect(moment).toBe(chosenMoment({ ...wide }, certId, "shop/prod/web", hour));
    expect(chosenMoment(window(5 * day, 7 * day), certId, "shop/prod/web", hour)).toBe(moment + 5 * day);
  });
  test("is spread over the window, by certificate and by resource", () => {
    const moments = Array.from({ length: 1_000 }, (_, each) => chosenMoment(wide, `${certId}${each}`, "web", 0));
    for (let quarter = 0; quarter < 4; quarter++) {
      const inside = moments.filter((at) => Math.floor((at - now) / (day / 2)) === quarter);
      expect(inside.length).toBeGreaterThan(180);
    }
    expect(chosenMoment(wide, certId, "a", 0)).not.toBe(chosenMoment(wide, certId, "b", 0));
  });
});

test("a renewal is exempt inside the window, and neither before nor after it", () => {
  const open = window(-hour, hour);
  expect([-hour - 1, -hour, 0, hour, hour + 1].map((at) => isExemptNow(open, now + at))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(isExemptNow(undefined, now)).toBe(false);
  expect(isUsable({ start: now, end: now })).toBe(false);
});

test("the explanation of the CA is shown if it is a web address", () => {
  const says = "the CA asks for renewal between 2027-01-01T00:00:00Z and 2027-01-01T01:00:00Z";
  const open = window(0, hour);
  expect(describeWindow({ ...open, explanationUrl: "https://ca.test/incident?id=7" })).toBe(
    `${says}: https://ca.test/incident?id=7`,
  );
  for (const explanationUrl of [
    "javascript:alert(1)",
    "https://ca.test/\u001b[2J",
    "https://ca.test/ run this",
    "x".repeat(600),
  ]) {
    expect(describeWindow({ ...open, explanationUrl })).toBe(says);
  }
  expect(describeWindow(open)).toBe(says);
});
