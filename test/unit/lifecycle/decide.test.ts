import { day, formatInstant } from "../../../sdk/duration";
import { decide, type IssuerFacts, type IssuerSeen, type Renewal, type Situation } from "../../../sdk/lifecycle/decide";
import type { Plan } from "../../../sdk/lifecycle/schedule";

const start = Date.UTC(2027, 0, 1);
const plan: Plan = { duration: 90 * day, renewBefore: 30 * day, jitter: day };
const cadence = day;

const seen = (key: string, fingerprint: string, ends = 3650 * day): IssuerSeen => ({
  identity: `${key.repeat(16)}/${fingerprint.repeat(16)}`,
  notAfter: formatInstant(start + ends),
});
const one = seen("1", "a");
const renewed = seen("1", "b");
const otherKey = seen("2", "c");
const issuer: IssuerFacts = { resource: "urn:root", generation: 1, seen: one };

const issued: Renewal = {
  epoch: 3,
  reason: "Renewing",
  dueAt: formatInstant(start + 59 * day),
  issuer: one.identity,
};
const dueAt = start + 59 * day;

/** An idle run a day after the certificate was issued, unless it says otherwise. */
function situation(changes: Partial<Situation> = {}): Situation {
  return {
    plan,
    previousPlan: plan,
    renewal: issued,
    issuer,
    previousIssuer: issuer,
    requestChanged: false,
    triggersChanged: false,
    paused: false,
    now: start + day,
    cadence,
    dryRun: false,
    ...changes,
  };
}

describe("what was never issued", () => {
  const first = { renewal: undefined, previousPlan: undefined, previousIssuer: undefined };

  test("is, with dates from the moment of the run", () => {
    expect(decide(situation({ ...first, now: start }))).toEqual({
      epoch: 1,
      reason: "DoesNotExist",
      dueAt: formatInstant(dueAt),
      issuer: one.identity,
    });
  });

  test("has dates only once it is issued, not in the preview", () => {
    expect(decide(situation({ ...first, dryRun: true }))).toEqual({
      epoch: 1,
      reason: "DoesNotExist",
      issuer: one.identity,
    });
  });

  test("of an issuer that does not exist either leaves the issuer open", () => {
    const noneYet = { resource: "urn:root", generation: 1 };
    expect(decide(situation({ ...first, issuer: noneYet, dryRun: true }))).toEqual({
      epoch: 1,
      reason: "DoesNotExist",
    });
  });
});

describe("the due boundary", () => {
  const boundary = dueAt - cadence;

  it.each([
    ["a millisecond before it", boundary - 1, undefined],
    ["at it: the next run is still in time", boundary, undefined],
    ["a millisecond after it", boundary + 1, "Renewing"],
    ["at the due moment itself", dueAt, "Renewing"],
    ["a millisecond before the end", dueAt + 31 * day - 1, "Renewing"],
    ["at the end", dueAt + 31 * day, "Expired"],
    ["long after the end", dueAt + 400 * day, "Expired"],
    ["with the clock set back a year", start - 365 * day, undefined],
  ])("%s", (_when, now, reason) => {
    const after = decide(situation({ now }));
    if (reason === undefined) expect(after).toEqual(issued);
    else expect(after).toMatchObject({ epoch: 4, reason });
  });

  it.each([
    ["an hour", day / 24],
    ["a week", 7 * day],
  ])("moves with the cadence: %s", (_what, other) => {
    expect(decide(situation({ now: dueAt - other, cadence: other })).epoch).toBe(3);
    expect(decide(situation({ now: dueAt - other + 1, cadence: other })).epoch).toBe(4);
  });

  test("is not crossed by a certificate whose renewals are paused, nor by one without a schedule", () => {
    expect(decide(situation({ now: dueAt, paused: true }))).toEqual(issued);
    const open: Renewal = { epoch: 1, reason: "Adopted" };
    expect(decide(situation({ now: dueAt, renewal: open, issuer: undefined, previousIssuer: undefined }))).toEqual(
      open,
    );
  });
});

describe("the dates after a renewal by time", () => {
  const after = (now: number, dryRun = false) => decide(situation({ now, dryRun }));
  const next = { dueAt: formatInstant(dueAt - cadence + 59 * day) };

  it.each([
    ["at the first run that finds it due", dueAt - cadence + 1],
    ["at the due moment", dueAt],
    ["a day late", dueAt + day],
    ["28 days late", dueAt + 28 * day],
  ])("do not depend on when in the period it was renewed: %s", (_when, now) => {
    expect(after(now)).toMatchObject(next);
  });

  test("after a long pause count from a moment not long ago, so that it is not due again at once", () => {
    const { dueAt: following } = after(dueAt + 200 * day);
    expect(Date.parse(following ?? "")).toBeGreaterThan(dueAt + 229 * day);
  });

  test("are shown by the preview where a plan made from it still holds when it is applied", () => {
    expect(after(dueAt - cadence + 1, true)).toMatchObject({ ...next, reason: "Renewing" });
    expect(after(dueAt, true)).toMatchObject(next);
    expect(after(dueAt + 28 * day, true).dueAt).toBeUndefined();
  });

  test("a plan made a minute before the due moment and applied a minute after it is not violated", () => {
    const { dueAt: shown } = after(dueAt - 60_000, true);
    expect(after(dueAt + 60_000)).toMatchObject({ dueAt: shown });
  });

  test("in the last preview before the end the reason is open: the run may find it expired", () => {
    const end = dueAt + 31 * day;
    expect(after(end - cadence, true).reason).toBe("Renewing");
    expect(after(end - cadence + 1, true).reason).toBeUndefined();
    expect(after(end, true).reason).toBe("Expired");
  });

  test("are open while the issuer is not known", () => {
    const preview = decide(situation({ now: dueAt, dryRun: true, issuer: { resource: "urn:root", generation: 1 } }));
    expect(preview).toEqual({ epoch: 4, reason: "Renewing" });
  });
});

describe("a change of the program", () => {
  it.each<[string, Partial<Situation>, string]>([
    ["other arguments", { requestChanged: true }, "RequestChanged"],
    ["other triggers", { triggersChanged: true }, "TriggersChanged"],
    ["both", { requestChanged: true, triggersChanged: true }, "RequestChanged"],
    ["other arguments of one that is due", { requestChanged: true, now: dueAt }, "RequestChanged"],
    ["other arguments while paused", { requestChanged: true, paused: true }, "RequestChanged"],
    ["an issuer instead of its own key", { previousIssuer: undefined }, "IncorrectIssuer"],
    ["its own key instead of an issuer", { issuer: undefined }, "IncorrectIssuer"],
    ["another issuer", { issuer: { resource: "urn:other", generation: 1, seen: otherKey } }, "IncorrectIssuer"],
    [
      "another issuer that does not exist yet",
      { issuer: { resource: "urn:other", generation: 1 }, dryRun: true },
      "IncorrectIssuer",
    ],
    [
      "another generation of the issuer",
      { issuer: { resource: "urn:root", generation: 2 }, dryRun: true },
      "IssuerKeyChanged",
    ],
  ])("%s", (_what, changes, reason) => {
    const now = changes.now ?? start + day;
    const after = decide(situation(changes));
    expect(after).toMatchObject({ epoch: 4, reason });
    expect(after.dueAt).toBe(changes.dryRun ? undefined : formatInstant(now + 59 * day));
  });
});

describe("an issuer that is known to have changed only while the stack is updated", () => {
  const facts = (known: IssuerSeen | undefined): IssuerFacts => ({
    resource: "urn:root",
    generation: 1,
    ...(known && { seen: known }),
  });
  const run = (issuerNow: IssuerSeen | undefined, recorded: IssuerSeen | undefined, more: Partial<Situation> = {}) =>
    decide(situation({ issuer: facts(issuerNow), previousIssuer: facts(recorded), ...more }));

  test("reissues nothing in that run, which its preview could not show", () => {
    expect(run(undefined, one, { dryRun: true })).toEqual(issued);
    expect(run(renewed, one)).toEqual(issued);
    expect(run(otherKey, one)).toEqual(issued);
  });

  test("reissues in the next: the chain if the key is the same, else the certificate", () => {
    for (const dryRun of [true, false]) {
      expect(run(renewed, renewed, { dryRun })).toEqual({
        ...issued,
        epoch: 4,
        reason: "IssuerRenewed",
        issuer: renewed.identity,
      });
      expect(run(otherKey, otherKey, { dryRun })).toMatchObject({ epoch: 4, reason: "IssuerKeyChanged" });
    }
  });

  test("is shown also by a preview in which the issuer is updated once more, and may come out as it is", () => {
    expect(run(undefined, renewed, { dryRun: true })).toMatchObject({ epoch: 4, reason: "IssuerRenewed" });
    expect(run(undefined, otherKey, { dryRun: true })).toMatchObject({ epoch: 4, reason: "IssuerKeyChanged" });
    expect(run(otherKey, renewed)).toEqual(issued);
  });

  test("is no reason where the run before saw nothing of it, and so issued nothing", () => {
    const { issuer: _, ...unsigned } = issued;
    expect(run(one, undefined, { renewal: unsigned })).toEqual(issued);
    expect(run(one, one)).toEqual(issued);
  });

  test("is no reason if it is under another name and generation what it was", () => {
    expect(decide(situation({ issuer: { resource: "urn:renamed", generation: 7, seen: one } }))).toEqual(issued);
  });

  test("a certificate cut to the old end, due as soon as its CA is renewed, is renewed once", () => {
    const ending = { ...seen("1", "a", 40 * day) };
    const cut: Renewal = { ...issued, dueAt: formatInstant(start + 9 * day), issuer: ending.identity };
    const now = start + 20 * day;
    const first = run(renewed, renewed, { renewal: cut, now });
    expect(first).toMatchObject({ epoch: 4, reason: "Renewing", issuer: renewed.identity });
    const second = run(renewed, renewed, { renewal: first as Renewal, now: now + day });
    expect(second).toEqual(first);
  });
});

describe("a lifetime cut to the issuer's", () => {
  const ending = seen("1", "a", 40 * day);
  const cutIssuer: IssuerFacts = { ...issuer, seen: ending };
  const cut = { issuer: cutIssuer, previousIssuer: cutIssuer };

  test("is due by the issuer's end", () => {
    const first = decide(situation({ ...cut, renewal: undefined, now: start }));
    expect(first.dueAt).toBe(formatInstant(start + 9 * day));
  });

  test("is not renewed over and over while nothing is gained", () => {
    const renewal = { ...issued, issuer: ending.identity, dueAt: formatInstant(start + 9 * day) };
    for (let at = 1; at < 39; at += 1) {
      expect(decide(situation({ ...cut, renewal, now: start + at * day }))).toEqual(renewal);
    }
  });

  test("is due once it has expired, so that the run fails where the issuer has ended too", () => {
    const renewal = { ...issued, issuer: ending.identity, dueAt: formatInstant(start + 9 * day) };
    expect(decide(situation({ ...cut, renewal, now: start + 41 * day }))).toMatchObject({
      epoch: 4,
      reason: "Expired",
    });
  });
});

describe("another window", () => {
  const wider = { ...plan, renewBefore: 40 * day };
  const narrower = { ...plan, renewBefore: 10 * day };

  test("moves the due moment, and issues nothing", () => {
    expect(decide(situation({ plan: narrower }))).toEqual({ ...issued, dueAt: formatInstant(dueAt + 20 * day) });
    expect(decide(situation({ plan: wider }))).toEqual({ ...issued, dueAt: formatInstant(dueAt - 10 * day) });
  });

  test("a narrower one takes back what was due by the old one", () => {
    const now = dueAt + day;
    expect(decide(situation({ now, plan: narrower }))).toMatchObject({ epoch: 3, reason: "Renewing" });
    expect(decide(situation({ now }))).toMatchObject({ epoch: 4 });
  });

  test("a wider one can be due at once", () => {
    const now = dueAt - 5 * day;
    expect(decide(situation({ now, plan: wider }))).toMatchObject({ epoch: 4, reason: "Renewing" });
    expect(decide(situation({ now }))).toEqual(issued);
  });

  test("moving there and back is no change", () => {
    const there = decide(situation({ plan: narrower })) as Renewal;
    expect(decide(situation({ renewal: there, previousPlan: narrower }))).toEqual(issued);
  });

  test("another name moves it by the difference of the jitter", () => {
    const after = decide(situation({ plan: { ...plan, jitter: 2 * day } }));
    expect(after).toEqual({ ...issued, dueAt: formatInstant(dueAt - day) });
  });
});
