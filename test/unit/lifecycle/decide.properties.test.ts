import fc from "fast-check";
import { day, hour } from "../../../sdk/duration";
import type { IssuerFacts, Renewal } from "../../../sdk/lifecycle/decide";
import { type Plan, planOf } from "../../../sdk/lifecycle/schedule";
import {
  decideIn,
  type RunOfStack,
  runIn,
  seenOf,
  simulated,
  type Simulated,
} from "../../support/lifecycle/simulation";

const start = Date.UTC(2027, 0, 1);
const byTime = new Set(["Renewing", "Expired"]);

interface Stack {
  readonly plan: Plan;
  readonly cadence: number;
}

/** Any lifetime and window that the arguments allow under any cadence, from minutes to weeks. */
const stacks: fc.Arbitrary<Stack> = fc
  .record({
    cadence: fc.oneof(
      fc.constant(day),
      fc.constant(hour),
      fc.integer({ min: 600, max: 604_800 }).map((s) => s * 1_000),
    ),
    window: fc.double({ min: 1, max: 60, noNaN: true }),
    rest: fc.double({ min: 0.01, max: 120, noNaN: true }),
    identity: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ cadence, window, rest, identity }) => {
    const renewBefore = Math.ceil((window * cadence) / 1_000);
    const duration = renewBefore + Math.ceil((rest * cadence) / 1_000);
    return { cadence, plan: planOf({ duration: `${duration}s`, renewBefore: `${renewBefore}s` }, "", identity) };
  });

/** Time from one run to the next as a part of the cadence: sometimes early, mostly a little less, never late. */
const punctual = fc.array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: 40, maxLength: 60 });
/** Runs that are missed for up to hundreds of cadences. */
const careless = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: 0.02, max: 1.2, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 1, max: 300, noNaN: true }) },
  ),
  { minLength: 40, maxLength: 60 },
);
/** From the preview to the run after it, as a part of the cadence. */
const delay = fc.double({ min: 0, max: 0.999, noNaN: true });

function* runsOf(gaps: readonly number[], cadence: number): Generator<RunOfStack> {
  let now = start;
  for (const gap of [0, ...gaps]) yield { now: (now += Math.floor(gap * cadence)), cadence };
}

/** Each run with a preview before it, which comes after the run before. */
function* previewsOf(gaps: readonly number[], cadence: number, wait: number): Generator<[RunOfStack, RunOfStack]> {
  let before = start - cadence;
  for (const run of runsOf(gaps, cadence)) {
    yield [{ ...run, now: Math.max(before, run.now - Math.floor(wait * cadence)) }, run];
    before = run.now;
  }
}

/** Whether it came due between a preview and the run after it, by the clock alone: no preview can show that. */
function cameDueBetween(certificate: Simulated, preview: RunOfStack, run: RunOfStack): boolean {
  const isDue = (when: RunOfStack): boolean => {
    const { epoch, reason } = decideIn(certificate, when, false);
    return epoch !== certificate.renewal?.epoch && byTime.has(reason ?? "");
  };
  return isDue(run) && !isDue(preview);
}

test("while runs happen at the cadence, a certificate is never found expired, nor its window begun for long", () => {
  fc.assert(
    fc.property(stacks, punctual, fc.nat(20_000), ({ plan, cadence }, gaps, latency) => {
      const certificate = simulated(plan);
      const isShort = plan.duration - plan.renewBefore - plan.jitter < 2 * cadence;
      for (const run of runsOf(gaps, cadence)) {
        if (certificate.renewal !== undefined) {
          const left = certificate.notAfter - run.now;
          expect(left).toBeGreaterThan(0);
          expect(left).toBeGreaterThanOrEqual(plan.renewBefore - (isShort ? cadence : 0) - 1_000);
        }
        runIn(certificate, run, latency);
      }
      for (const { reason } of certificate.issuances.slice(1)) expect(reason).toBe("Renewing");
    }),
  );
});

test("is never renewed in two runs in a row, unless its period is shorter than four runs", () => {
  fc.assert(
    fc.property(stacks, fc.oneof(punctual, careless), ({ plan, cadence }, gaps) => {
      const period = plan.duration - plan.renewBefore - plan.jitter;
      fc.pre(period >= 4 * cadence);
      const certificate = simulated(plan);
      for (const run of runsOf(gaps, cadence)) runIn(certificate, run);
      const times = certificate.issuances.map(({ at }) => at);
      for (const [index, at] of times.slice(1).entries()) {
        const since = at - (times[index] as number);
        expect(since).toBeGreaterThan(Math.max(cadence, period / 2 - cadence - 1_000));
      }
    }),
  );
});

test("punctual runs renew as often as the period asks for, and not more", () => {
  fc.assert(
    fc.property(stacks, punctual, ({ plan, cadence }, gaps) => {
      const period = plan.duration - plan.renewBefore - plan.jitter;
      fc.pre(period >= 4 * cadence);
      const certificate = simulated(plan);
      let elapsed = 0;
      for (const run of runsOf(gaps, cadence)) {
        runIn(certificate, run);
        elapsed = run.now - start;
      }
      expect(certificate.issuances.length).toBeLessThanOrEqual(1 + Math.ceil(elapsed / (period - cadence - 1_000)));
    }),
  );
});

test("a certificate that was missed for long is renewed in the first run, however long it was", () => {
  fc.assert(
    fc.property(stacks, careless, ({ plan, cadence }, gaps) => {
      const certificate = simulated(plan);
      for (const run of runsOf(gaps, cadence)) {
        runIn(certificate, run);
        expect(certificate.notAfter - run.now).toBeGreaterThanOrEqual(plan.renewBefore - 1_000);
      }
    }),
  );
});

test("what a preview shows is what the run after it does, up to a cadence later", () => {
  fc.assert(
    fc.property(stacks, fc.oneof(punctual, careless), delay, ({ plan, cadence }, gaps, wait) => {
      const certificate = simulated(plan);
      for (const [preview, run] of previewsOf(gaps, cadence, wait)) {
        const shown = decideIn(certificate, preview, true);
        const cameDue = cameDueBetween(certificate, preview, run);
        const before = certificate.renewal;
        const done = runIn(certificate, run);
        if (cameDue) expect(shown).toEqual(before);
        else expect(done).toMatchObject(shown);
      }
    }),
  );
});

test("a preview shows the next date of a certificate that is due and not late", () => {
  fc.assert(
    fc.property(stacks, punctual, ({ plan, cadence }, gaps) => {
      fc.pre(plan.duration - plan.renewBefore - plan.jitter >= 2 * cadence);
      const certificate = simulated(plan);
      for (const run of runsOf(gaps, cadence)) {
        const shown = decideIn(certificate, run, true);
        if (certificate.renewal !== undefined) expect(shown).toHaveProperty("dueAt");
        runIn(certificate, run);
      }
    }),
  );
});

test("an idle check returns an equal renewal, however often it runs", () => {
  fc.assert(
    fc.property(stacks, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), ({ plan, cadence }, part, dryRun) => {
      const certificate = simulated(plan);
      runIn(certificate, { now: start, cadence });
      const period = plan.duration - plan.renewBefore - plan.jitter;
      fc.pre(period > cadence + 1_000);
      const now = start + Math.floor(part * (period - cadence - 1_000));
      const idle = decideIn(certificate, { now, cadence }, dryRun);
      expect(idle).toEqual(certificate.renewal);
      expect(JSON.stringify(idle)).toBe(JSON.stringify(certificate.renewal));
    }),
  );
});

describe("under a CA that renews itself", () => {
  const named = (authority: Simulated): IssuerFacts => ({ resource: "urn:ca", generation: 1, seen: seenOf(authority) });
  const unknownYet: IssuerFacts = { resource: "urn:ca", generation: 1 };

  /** The CA's life and window in those of its certificate; both run in each `up`, the CA first. */
  const authorities = fc.record({
    stack: stacks,
    life: fc.double({ min: 1, max: 10, noNaN: true }),
    part: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
    gaps: punctual,
    wait: delay,
  });
  type Case = typeof authorities extends fc.Arbitrary<infer Value> ? Value : never;

  function planOfAuthority({ stack, life, part }: Case): Plan {
    const duration = Math.ceil((stack.plan.duration * life) / 1_000) * 1_000;
    const renewBefore = Math.floor(duration * part);
    return { duration, renewBefore, jitter: 0 };
  }

  test("a certificate is never expired at a run, and what its preview shows is what the run does", () => {
    fc.assert(
      fc.property(authorities, (one) => {
        const { plan, cadence } = one.stack;
        const caPlan = planOfAuthority(one);
        fc.pre(caPlan.renewBefore >= cadence);
        const authority = simulated(caPlan);
        const certificate = simulated(plan);
        for (const [preview, run] of previewsOf(one.gaps, cadence, one.wait)) {
          if (certificate.renewal !== undefined) expect(certificate.notAfter).toBeGreaterThan(run.now);
          const caShown = decideIn(authority, preview, true);
          const caBetween = cameDueBetween(authority, preview, run);
          const isCaUpdated = caShown.epoch !== authority.renewal?.epoch;
          const issuer = isCaUpdated ? unknownYet : named(authority);
          const shown = decideIn(certificate, { ...preview, issuer }, true);
          const between = caBetween || cameDueBetween(certificate, { ...preview, issuer }, { ...run, issuer });
          const before = certificate.renewal;
          runIn(authority, run);
          const done = runIn(certificate, { ...run, issuer: named(authority) });
          // A preview in which the CA is updated may show more than is done, never less.
          if (between) continue;
          if (done.epoch === before?.epoch) expect(shown.epoch === before.epoch || isCaUpdated).toBe(true);
          else expect(done).toMatchObject(shown);
        }
      }),
    );
  });

  test("a certificate is not renewed over and over at the end of a CA that is not renewed", () => {
    fc.assert(
      fc.property(authorities, (one) => {
        const { plan, cadence } = one.stack;
        const period = plan.duration - plan.renewBefore - plan.jitter;
        fc.pre(period >= 4 * cadence);
        const authority = simulated({ ...planOfAuthority(one), renewBefore: 0 });
        runIn(authority, { now: start, cadence });
        const certificate = simulated(plan);
        let last: RunOfStack = { now: start, cadence };
        for (const run of runsOf(one.gaps, cadence)) {
          if (run.now >= authority.notAfter) break;
          runIn(certificate, { ...run, issuer: named(authority) });
          last = run;
        }
        const times = certificate.issuances.map(({ at }) => at);
        const full = Math.ceil((last.now - start) / (period - cadence - 1_000));
        // Besides one for each period at most one that is cut to the CA's end.
        expect(times.length).toBeLessThanOrEqual(full + 2);
        const cutAt = times.filter((at) => at + plan.duration >= authority.notAfter);
        expect(cutAt.length).toBeLessThanOrEqual(2);
      }),
    );
  });

  test("all reasons are either by time or the CA's own renewal", () => {
    fc.assert(
      fc.property(authorities, (one) => {
        const { plan, cadence } = one.stack;
        const caPlan = planOfAuthority(one);
        fc.pre(caPlan.renewBefore >= cadence);
        const authority = simulated(caPlan);
        const certificate = simulated(plan);
        let recorded: Renewal | undefined;
        for (const run of runsOf(one.gaps, cadence)) {
          runIn(authority, run);
          runIn(certificate, { ...run, issuer: named(authority) });
          recorded = certificate.renewal;
        }
        expect(recorded).toBeDefined();
        for (const { reason, at, before } of certificate.issuances.slice(1)) {
          expect(byTime.has(reason) || reason === "IssuerRenewed").toBe(true);
          expect(before).toBeGreaterThan(at);
        }
      }),
    );
  });
});
