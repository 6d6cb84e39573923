import fc from "fast-check";
import type { FailureClass } from "../../../sdk/acme/problem";
import { AcmeError } from "../../../sdk/acme/problem";
import { day } from "../../../sdk/duration";
import { CertificatesError, invalidArgument } from "../../../sdk/errors";
import {
  type Candidate,
  type CandidateFailure,
  type FallbackSituation,
  assertFallbackBelow,
  assertFallbacks,
  describeNoneServed,
  describeServed,
  failureOf,
  fallbackMoment,
  nextCandidate,
} from "../../../sdk/lifecycle/fallback";

const now = Date.UTC(2027, 0, 1);
const plan = { duration: 90 * day, renewBefore: 30 * day, jitter: 0 };
const letsencrypt: Candidate = { name: "letsencrypt", trust: "public" };
const zerossl: Candidate = { name: "zerossl", trust: "public" };
const google: Candidate = { name: "google", trust: "public" };
const own: Candidate = { name: "issuing", trust: "private" };

const situation = (more: Partial<FallbackSituation<Candidate>> = {}): FallbackSituation<Candidate> => ({
  candidates: [letsencrypt, zerossl, google],
  notAfter: now + 5 * day,
  plan,
  now,
  cadence: day,
  ...more,
});
const failed = (name: string, failureClass: FailureClass = "retryLater", message = "HTTP 503"): CandidateFailure => ({
  name,
  failureClass,
  message,
});

/** Who is asked in a run in which everybody fails in this way. */
function askedBy(s: FallbackSituation<Candidate>, failureClass: FailureClass): { asked: string[]; why: string } {
  const failures: CandidateFailure[] = [];
  for (;;) {
    const next = nextCandidate(s, failures);
    if (next.candidate === undefined) return { asked: failures.map(({ name }) => name), why: next.why };
    failures.push(failed(next.candidate.name, failureClass));
  }
}

describe("who is asked in a run", () => {
  const all = ["letsencrypt", "zerossl", "google"];
  it.each<[string, Partial<FallbackSituation<Candidate>>, FailureClass, string[], string | RegExp]>([
    ["close to the end, an issuer that is down", {}, "retryLater", all, "no other fallback issuer may be asked"],
    ["close to the end, an issuer that refuses", {}, "nextIssuer", all, "no other fallback issuer may be asked"],
    ["close to the end, retries used up", {}, "retryNow", all, "no other fallback issuer may be asked"],
    [
      "a wrong DNS record",
      {},
      "newOrder",
      ["letsencrypt"],
      "the names could not be proved, which another issuer would find as well",
    ],
    ["a request that nobody accepts", {}, "fatal", ["letsencrypt"], "no issuer would accept the request as it is"],
    [
      "far from the end",
      { notAfter: now + 25 * day },
      "retryLater",
      ["letsencrypt"],
      "the certificate in use is valid until 2027-01-26: fallback issuers are asked from 2027-01-16 on",
    ],
    ["the moment passes before the next run", { notAfter: now + 11 * day - 1 }, "retryLater", all, /no other/],
    [
      "the next run comes before the moment",
      { notAfter: now + 11 * day },
      "retryLater",
      ["letsencrypt"],
      /is valid until/,
    ],
    [
      "an earlier moment by duration",
      { notAfter: now + 25 * day, fallbackBelow: "25d" },
      "retryLater",
      all,
      /no other/,
    ],
    [
      "an earlier moment by percentage",
      { notAfter: now + 25 * day, fallbackBelow: "90%" },
      "retryLater",
      all,
      /no other/,
    ],
    ["an expired certificate", { notAfter: now - day }, "nextIssuer", all, /no other/],
    [
      "a compromised key, far from the end",
      { notAfter: now + 80 * day, isUrgent: true },
      "retryLater",
      all,
      /no other/,
    ],
    ["no fallback", { candidates: [letsencrypt] }, "retryLater", ["letsencrypt"], "there is no fallback issuer"],
    [
      "another trust class",
      { candidates: [letsencrypt, own, google] },
      "retryLater",
      ["letsencrypt", "google"],
      /no other/,
    ],
    [
      "another trust class that is allowed",
      { candidates: [letsencrypt, own], allowTrustChange: true },
      "retryLater",
      ["letsencrypt", "issuing"],
      /no other/,
    ],
    [
      "the first one's circuit is open",
      { candidates: [{ ...letsencrypt, blocked: "it is down" }, zerossl] },
      "retryLater",
      ["zerossl"],
      /no other/,
    ],
    [
      "a fallback's circuit is open",
      { candidates: [letsencrypt, { ...zerossl, blocked: "it is down" }, google] },
      "retryLater",
      ["letsencrypt", "google"],
      /no other/,
    ],
    [
      "the first one's circuit is open, far from the end",
      { candidates: [{ ...letsencrypt, blocked: "it is down" }, zerossl], notAfter: now + 25 * day },
      "retryLater",
      [],
      /is valid until/,
    ],
  ])("%s", (_what, more, failureClass, expected, why) => {
    const result = askedBy(situation(more), failureClass);
    expect(result.asked).toEqual(expected);
    expect(result.why).toMatch(why);
  });

  test("a first issuance has nothing to keep: fallbacks are asked at once", () => {
    const { notAfter: _n, ...first } = situation();
    expect(askedBy(first, "nextIssuer").asked).toEqual(all);
  });

  test("the fallback stops for what no other issuer would accept either", () => {
    const next = nextCandidate(situation(), [failed("letsencrypt"), failed("zerossl", "newOrder")]);
    expect(next).toEqual({ why: "the names could not be proved, which another issuer would find as well" });
  });

  test("is decided by rules that hold in every situation", () => {
    const candidate = fc.record(
      {
        name: fc.constantFrom("a", "b", "c", "d"),
        trust: fc.constantFrom("public", "private"),
        blocked: fc.constant("down"),
      },
      { requiredKeys: ["name", "trust"] },
    ) as fc.Arbitrary<Candidate>;
    const classes = fc.constantFrom<FailureClass>("retryNow", "retryLater", "newOrder", "nextIssuer", "fatal");
    fc.assert(
      fc.property(
        fc.uniqueArray(candidate, { selector: ({ name }) => name, minLength: 1 }),
        classes,
        fc.integer({ min: -100, max: 100 }),
        fc.boolean(),
        (candidates, failureClass, days, allowTrustChange) => {
          const s = situation({ candidates, notAfter: now + days * day, allowTrustChange });
          const { asked } = askedBy(s, failureClass);
          const byName = (name: string): Candidate => candidates.find((each) => each.name === name)!;
          expect(new Set(asked).size).toBe(asked.length);
          for (const name of asked) expect(byName(name).blocked).toBeUndefined();
          // The first is always asked, and first.
          if (candidates[0]!.blocked === undefined) expect(asked[0]).toBe(candidates[0]!.name);
          const fallbacks = asked.filter((name) => name !== candidates[0]!.name);
          if (fallbacks.length > 0) expect(days).toBeLessThan(11);
          if (!allowTrustChange) for (const name of asked) expect(byName(name).trust).toBe(candidates[0]!.trust);
        },
      ),
    );
  });
});

describe("fallbackBelow", () => {
  const end = now + 90 * day;
  it.each([
    [undefined, 10],
    ["7d", 7],
    ["50%", 15],
    ["100%", 30],
  ])("%j asks fallbacks in the last %d days", (value, days) => {
    expect(fallbackMoment(value, plan, end)).toBe(end - days * day);
  });
  it.each(["0%", "101%", "31d", "soon", ""])("%j is refused", (value) => {
    expect(() => assertFallbackBelow(value, plan)).toThrow(/^fallbackBelow: "/);
  });
});

describe("fallbacks that a preview refuses", () => {
  test("another trust class, unless it is allowed", () => {
    expect(() => assertFallbacks([letsencrypt, zerossl, own])).toThrow(
      "fallbackIssuers[1]: issuing is a private issuer, and the first one is public: clients that trust the one need not trust the other. Choose one of the same kind, or set allowTrustChange if all clients trust both.",
    );
    expect(() => assertFallbacks([letsencrypt, own], true)).not.toThrow();
    expect(() => assertFallbacks([letsencrypt, zerossl])).not.toThrow();
    expect(() => assertFallbacks([letsencrypt])).not.toThrow();
  });
  test("one that stands twice", () => {
    expect(() => assertFallbacks([letsencrypt, zerossl, letsencrypt])).toThrow(
      "fallbackIssuers[1]: letsencrypt stands there already.",
    );
  });
});

describe("what the state says", () => {
  test("which issuer served, and why not the first", () => {
    const s = situation({
      candidates: [letsencrypt, { ...zerossl, blocked: "zerossl was not asked: it is down" }, google],
    });
    expect(describeServed(s, s.candidates[2]!, [failed("letsencrypt")])).toBe(
      "Issued by google: letsencrypt: HTTP 503. zerossl was not asked: it is down. The next renewal asks letsencrypt first again.",
    );
    expect(describeServed(s, letsencrypt, [])).toBeUndefined();
  });
  test("that nobody served, and why no other was asked", () => {
    const s = situation({ notAfter: now + 25 * day });
    const next = nextCandidate(s, [failed("letsencrypt")]);
    expect(describeNoneServed(s, [failed("letsencrypt")], "why" in next ? next.why : "")).toBe(
      "letsencrypt: HTTP 503. No other issuer was asked: the certificate in use is valid until 2027-01-26: fallback issuers are asked from 2027-01-16 on.",
    );
    expect(describeNoneServed(situation({ candidates: [letsencrypt] }), [failed("letsencrypt")], "")).toBe(
      "letsencrypt: HTTP 503.",
    );
  });
});

describe("the class of what an issuer threw", () => {
  it.each<[string, unknown, FailureClass]>([
    ["of ACME", new AcmeError("no", "newOrder"), "newOrder"],
    ["retryable", new CertificatesError("IssuanceFailed", "no", { retryable: true }), "retryLater"],
    ["not retryable", new CertificatesError("IssuanceFailed", "no"), "nextIssuer"],
    ["an argument", invalidArgument("x", "no", "Fix."), "fatal"],
    ["a constraint of this issuer", new CertificatesError("ConstraintViolation", "no"), "nextIssuer"],
    ["anything else", new Error("no"), "nextIssuer"],
  ])("%s", (_what, error, expected) => {
    expect(failureOf("ca", error)).toMatchObject({ name: "ca", failureClass: expected });
  });
});
