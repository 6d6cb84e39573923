import fc from "fast-check";
import { X509Certificate } from "node:crypto";
import { day, hour } from "../../../sdk/duration";
import { certificate } from "../../../sdk/provider/certificate";
import { certificateAuthority } from "../../../sdk/provider/certificateAuthority";
import { unknown } from "../../../sdk/provider/unknown";
import { configure, type Properties, setNow, signedBy, SimulatedResource } from "../../support/simulatedEngine";

const start = Date.UTC(2027, 0, 1, 3);
const runs = 60;

afterEach(() => jest.useRealTimers());

/** Root, issuing CA and leaf with lifetimes in days, their CAs' as multiples of what is below them. */
const hierarchies = fc.record({
  leaf: fc.integer({ min: 4, max: 40 }),
  window: fc.integer({ min: 10, max: 60 }),
  issuing: fc.integer({ min: 1, max: 4 }),
  root: fc.integer({ min: 1, max: 4 }),
  /** Minutes by which runs come after three o'clock, and from a preview to its run. */
  delays: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: runs, maxLength: runs }),
  approval: fc.integer({ min: 0, max: 45 }),
});

interface Hierarchy {
  readonly root: SimulatedResource;
  readonly issuing: SimulatedResource;
  readonly leaf: SimulatedResource;
}

const named = <More extends Properties>(name: string, days: number, more = {} as More) => ({
  name: `project/stack/${name}`,
  commonName: name,
  duration: `${days}d`,
  ...more,
});

/** What a preview passes to those below a CA that it is about to update. */
const below = (ca: SimulatedResource, isUpdated: boolean, name: string): Properties => {
  if (!isUpdated) return signedBy(ca, {}, name);
  return {
    issuer: { kind: "certificateAuthority", resource: name, generation: 1 },
    credentials: { issuer: unknown },
  };
};

test("a hierarchy that runs every day for months is renewed as previewed, before its end, and with chains that verify", async () => {
  await configure(certificate);
  await fc.assert(
    fc.asyncProperty(hierarchies, async ({ leaf: leafDays, window, issuing, root, delays, approval }) => {
      const issuingDays = leafDays * issuing + 2;
      const args = {
        root: named("root", issuingDays * root + 2),
        issuing: named("issuing", issuingDays),
        leaf: named("leaf", leafDays, {
          renewBefore: `${Math.max(25, Math.floor(leafDays * 24 * (window / 100)))}h`,
          dnsNames: ["web.example"],
        }),
      };
      const stack: Hierarchy = {
        root: new SimulatedResource(certificateAuthority),
        issuing: new SimulatedResource(certificateAuthority),
        leaf: new SimulatedResource(certificate),
      };
      for (const [days, delay] of delays.entries()) {
        const now = start + days * day + delay * 60_000;
        if (stack.leaf.id !== undefined) expectValid(stack, now);

        setNow(now - approval * 60_000);
        const shownRoot = (await stack.root.preview(args.root)).isChanged;
        const shownIssuing = (
          await stack.issuing.preview({ ...args.issuing, ...below(stack.root, shownRoot, "urn:root") })
        ).isChanged;
        const shown = await stack.leaf.preview({ ...args.leaf, ...below(stack.issuing, shownIssuing, "urn:issuing") });

        setNow(now);
        const before = stack.leaf.outs.renewal?.epoch;
        await stack.root.up(args.root);
        await stack.issuing.up({ ...args.issuing, ...signedBy(stack.root, {}, "urn:root") });
        const done = await stack.leaf.up({ ...args.leaf, ...signedBy(stack.issuing, {}, "urn:issuing") });
        if (done.isChanged && !shown.isChanged) {
          // Only the clock may bring something between a preview and its run.
          expect(["Renewing", "Expired"]).toContain(done.inputs.renewal.reason);
          expect(approval).toBeGreaterThan(0);
        }
        if (done.isChanged) expect(done.inputs.renewal.epoch).toBe((before ?? 0) + 1);
      }
      const period = leafDays - Number.parseInt(args.leaf.renewBefore, 10) / 24;
      const ofItsOwn = period < 4 ? runs : Math.ceil(runs / (period - 1)) + 1;
      const ofItsChain = stack.issuing.outs.renewal.epoch + stack.root.outs.renewal.epoch;
      expect(stack.leaf.outs.renewal.epoch).toBeLessThanOrEqual(ofItsOwn + ofItsChain);
    }),
    { numRuns: 4 },
  );
}, 120_000);

function expectValid({ root, issuing, leaf }: Hierarchy, now: number): void {
  expect(Date.parse(leaf.outs.notAfter) - now).toBeGreaterThan(hour);
  const [end, intermediate, anchor] = [leaf.outs.certificatePem, leaf.outs.chainPem, leaf.outs.trustBundlePem].map(
    (pem: string) => new X509Certificate(pem),
  ) as [X509Certificate, X509Certificate, X509Certificate];
  expect(end.verify(intermediate.publicKey)).toBe(true);
  expect(intermediate.verify(anchor.publicKey)).toBe(true);
  for (const element of [intermediate, anchor]) expect(Date.parse(element.validTo)).toBeGreaterThan(now);
  expect(Date.parse(issuing.outs.notAfter)).toBeGreaterThan(now);
  expect(Date.parse(root.outs.notAfter)).toBeGreaterThan(now);
}
