import * as fc from "fast-check";
import { checkChain } from "../../../sdk/x509/chain";
import { checkNameConstraints, type NameConstraints } from "../../../sdk/x509/nameConstraints";
import type { SubjectNames } from "../../../sdk/x509/names";
import { at, chain } from "../../support/chainCases";
import { opensslVerify } from "../../support/opensslVerify";

// Few labels and few bits, so that names and constraints meet often.
const host = fc
  .array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 3 })
  .map((labels) => [...labels, "example"].join("."));
const dotted = fc.tuple(fc.boolean(), host).map(([below, name]) => (below ? `.${name}` : name));
const mailbox = fc.tuple(fc.constantFrom("x", "y"), host).map(([local, name]) => `${local}@${name}`);
const v4 = fc
  .tuple(fc.constantFrom(10, 11), fc.integer({ min: 0, max: 255 }))
  .map(([first, last]) => `${first}.0.0.${last}`);
const ranges = ["10.0.0.0/8", "10.0.0.128/25", "11.0.0.0/31", "0.0.0.0/0", "2001:db8::/32"];
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.uniqueArray(item, { minLength: 1, maxLength: 2 });
const option = { requiredKeys: [] as never[] };

const subtrees = fc.record(
  {
    dnsDomains: list(host),
    ipRanges: list(fc.constantFrom(...ranges)),
    emailAddresses: list(fc.oneof(dotted, mailbox)),
    uriDomains: list(dotted),
  },
  option,
);
const constraints = fc.record({ permitted: subtrees, excluded: subtrees }, option) as fc.Arbitrary<NameConstraints>;
// One kind in a certificate: with more, nearly every certificate would be outside for one of them.
const names: fc.Arbitrary<SubjectNames> = fc.oneof(
  fc.record({ dnsNames: list(host) }),
  fc.record({ ipAddresses: list(fc.oneof(v4, fc.constant("2001:db8::1"))) }),
  fc.record({ uris: list(host.map((name) => `https://${name}/path`)) }),
  fc.record({ emailAddresses: list(mailbox) }),
);

test("any names under any constraints are judged as openssl judges them", async () => {
  const verdicts = { inside: 0, outside: 0 };
  await fc.assert(
    fc.asyncProperty(constraints, names, async (nameConstraints, given) => {
      const made = await chain({ lower: { ca: { nameConstraints } }, leaf: { names: given } });
      const check = {
        leafPem: made.leaf.pem,
        intermediatesPem: made.lower.pem + made.upper.pem,
        trustAnchorsPem: made.root.pem,
        at,
      };
      const [verdict, openssl] = [await checkChain(check), await opensslVerify(check)];
      verdicts[verdict.ok ? "inside" : "outside"]++;
      expect({ ok: verdict.ok }).toEqual({ ok: openssl.ok });
      expect(checkNameConstraints(given, nameConstraints) === undefined).toBe(verdict.ok);
    }),
    { numRuns: 150 },
  );
  // Neither verdict is rare, or this would prove little.
  expect(Math.min(verdicts.inside, verdicts.outside)).toBeGreaterThan(15);
});
