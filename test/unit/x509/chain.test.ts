import * as fc from "fast-check";
import { CertificatesError } from "../../../sdk/errors";
import { checkChain, orderChain } from "../../../sdk/x509/chain";
import { decodePem, encodePem } from "../../../sdk/x509/pem";
import { at, ca, chain, type Chain, day, leaf } from "../../support/chainCases";

const whole = ({ root, upper, lower, leaf: end }: Chain): Parameters<typeof checkChain>[0] => ({
  leafPem: end.pem,
  intermediatesPem: lower.pem + upper.pem,
  trustAnchorsPem: root.pem,
  at,
});

test("a missing intermediate is named", async () => {
  const made = await chain();
  expect(await checkChain({ ...whole(made), intermediatesPem: made.lower.pem })).toEqual({
    ok: false,
    code: "MissingIssuer",
    message: "The issuer of CN=lower is missing: CN=upper is neither among the intermediates nor a trust anchor.",
    element: "CN=upper",
  });
});

test("an issuer with another key is told from a missing one", async () => {
  const made = await chain();
  const verdict = await checkChain({
    ...whole(made),
    intermediatesPem: made.lower.pem + (await ca("upper", made.root)).pem,
  });
  expect(verdict).toMatchObject({
    code: "MissingIssuer",
    message: expect.stringMatching(
      /^The issuer of CN=lower is missing: there is a CN=upper, but with another key than [0-9a-f]{40}\.$/,
    ),
  });
});

test("the element at fault and its date are named", async () => {
  const made = await chain({ upper: { notAfter: new Date(at.getTime() - day) } });
  expect(await checkChain(whole(made))).toEqual({
    ok: false,
    code: "Expired",
    message: "CN=upper expired at 2026-05-31T00:00:00.000Z.",
    element: "CN=upper",
  });
});

test.each([
  [{ dnsNames: ["web.example.com"] }, undefined],
  [{ dnsNames: ["a.wild.example.com"] }, undefined],
  [
    { dnsNames: ["a.b.wild.example.com"] },
    "is not for a.b.wild.example.com, only for web.example.com, *.wild.example.com",
  ],
  [{ ipAddresses: ["2001:DB8::1"] }, undefined],
  [{ ipAddresses: ["10.0.0.1"] }, "is not for 10.0.0.1, only for 2001:db8::1"],
  [{ uris: ["spiffe://example.org/a"] }, "is not for spiffe://example.org/a, only for no uris"],
  [{}, undefined],
])("wanted names %j: %p", async (names, problem) => {
  const made = await chain({
    leaf: { names: { dnsNames: ["web.example.com", "*.wild.example.com"], ipAddresses: ["2001:db8::1"] } },
  });
  const verdict = await checkChain({ ...whole(made), names });
  expect(verdict).toEqual(
    problem === undefined
      ? { ok: true }
      : { ok: false, code: "NameMismatch", message: `CN=leaf ${problem}.`, element: "CN=leaf" },
  );
});

test("no chain with a changed bit in a signed element is accepted", async () => {
  const made = await chain();
  const pems = [made.leaf.pem, made.lower.pem, made.upper.pem];
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.nat(2000), fc.nat(7), async (which, byte, bit) => {
      const der = Buffer.from(decodePem(pems[which] as string, ["CERTIFICATE"], "x"));
      const place = byte % der.length;
      der[place] = (der[place] as number) ^ (1 << bit);
      const [leafPem, lower, upper] = pems.map((pem, index) =>
        index === which ? encodePem("CERTIFICATE", der) : pem,
      ) as [string, string, string];
      const check = { ...whole(made), leafPem, intermediatesPem: lower + upper };
      const verdict = await checkChain(check).catch((error: unknown) => ({ ok: !CertificatesError.is(error) }));
      expect(verdict.ok).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("many CAs that certified each other do not make validation slow", async () => {
  const roots = await Promise.all(Array.from({ length: 5 }, (_, index) => ca(`root ${index}`)));
  const crossed = [];
  for (const [index, subject] of roots.entries())
    for (const issuer of roots)
      if (issuer !== subject) crossed.push(await ca(`root ${index}`, issuer, {}, subject.key));
  const end = await leaf(roots[0]);
  const start = performance.now();
  const intermediatesPem = crossed.map(({ pem }) => pem).join("");
  const verdict = await checkChain({
    leafPem: end.pem,
    intermediatesPem,
    trustAnchorsPem: (await ca("other")).pem,
    at,
  });
  expect(verdict).toMatchObject({ ok: false, code: "MissingIssuer" });
  expect(performance.now() - start).toBeLessThan(5000);
});

test("a chain is ordered from the leaf to the root, without what does not belong to it", async () => {
  const [made, other] = [await chain(), await chain()];
  const { root, upper, lower, leaf: end } = made;
  const candidates = [other.lower.pem, root.pem, upper.pem + other.upper.pem, lower.pem];
  expect(orderChain(end.pem, candidates)).toEqual([end.pem, lower.pem, upper.pem, root.pem]);
  expect(orderChain(end.pem, [upper.pem])).toEqual([end.pem]);
  expect(orderChain(root.pem, [root.pem])).toEqual([root.pem]);
});

test("a chain goes over the cross-certificate that lasts longest, up to the older root", async () => {
  const [old, renewed] = [await ca("old"), await ca("new")];
  const short = await ca("new", old, { notAfter: new Date(at.getTime() + day) }, renewed.key);
  const long = await ca("new", old, {}, renewed.key);
  const end = await leaf(renewed);
  const candidates = [renewed, short, long, old].map(({ pem }) => pem);
  expect(orderChain(end.pem, candidates)).toEqual([end.pem, long.pem, old.pem]);
  expect(orderChain(end.pem, [renewed.pem])).toEqual([end.pem, renewed.pem]);
});
