import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { NameConstraints as AsnNameConstraints, type GeneralSubtree } from "@peculiar/asn1-x509";
import {
  checkNameConstraints,
  constrainedNames,
  decodeNameConstraints,
  encodeNameConstraints,
  type NameConstraints,
  normalizeNameConstraints,
} from "../../../sdk/x509/nameConstraints";
import type { SubjectNames } from "../../../sdk/x509/names";

const constraints: NameConstraints = {
  permitted: {
    dnsDomains: ["example.com"],
    ipRanges: ["10.0.0.0/8", "2001:db8::/32"],
    emailAddresses: ["example.com", ".example.org", "ops@example.net"],
    uriDomains: [".example.com"],
  },
  excluded: { dnsDomains: [""], ipRanges: ["0.0.0.0/0"] },
};

test("constraints are encoded as an independent reader reads them, and read back", () => {
  const der = encodeNameConstraints(constraints);
  const { permittedSubtrees = [], excludedSubtrees = [] } = AsnConvert.parse(der, AsnNameConstraints);
  const shown = ({ base }: GeneralSubtree): unknown =>
    base.dNSName ?? base.rfc822Name ?? base.uniformResourceIdentifier ?? base.iPAddress;
  expect([...permittedSubtrees].map(shown)).toEqual([
    "example.com",
    "10.0.0.0/8",
    "2001:db8::/32",
    "example.com",
    ".example.org",
    "ops@example.net",
    ".example.com",
  ]);
  expect([...excludedSubtrees].map(shown)).toEqual(["", "0.0.0.0/0"]);
  expect(decodeNameConstraints(der)).toEqual({ constraints, others: { permitted: [], excluded: [] } });
});

test("constraints become canonical, each once; empty ones are left out", () => {
  expect(
    normalizeNameConstraints({
      permitted: {
        dnsDomains: ["EXAMPLE.com", "example.com", "bücher.example"],
        emailAddresses: [".Example.com", "Ops@Example.com"],
        ipRanges: [],
      },
      excluded: {},
    }),
  ).toEqual({
    permitted: {
      dnsDomains: ["example.com", "xn--bcher-kva.example"],
      emailAddresses: [".example.com", "Ops@example.com"],
    },
  });
  expect(normalizeNameConstraints({ permitted: { dnsDomains: [] } })).toBeUndefined();
});

test.each<[NameConstraints, string, string]>([
  [{ permitted: { dnsDomains: [".example.com"] } }, "permitted.dnsDomains[0]", 'Write "example.com"'],
  [{ permitted: { dnsDomains: ["*.example.com"] } }, "permitted.dnsDomains[0]", 'Write "example.com"'],
  [{ permitted: { dnsDomains: [""] } }, "permitted.dnsDomains[0]", "is empty"],
  [{ excluded: { ipRanges: ["10.0.0.0"] } }, "excluded.ipRanges[0]", "is no range"],
  [{ excluded: { ipRanges: ["10.0.0.1/8"] } }, "excluded.ipRanges[0]", 'Write "10.0.0.0/8"'],
  [{ permitted: { emailAddresses: ["a b@example.com"] } }, "permitted.emailAddresses[0]", "is no mailbox"],
  [{ permitted: { uriDomains: ["https://example.com"] } }, "permitted.uriDomains[0]", "is a URI"],
])("%j is refused at %s: %s", (given, property, problem) =>
  expect(() => normalizeNameConstraints(given)).toThrow(
    expect.objectContaining({ property: `nameConstraints.${property}`, message: expect.stringContaining(problem) }),
  ),
);

test.each<[SubjectNames, NameConstraints, string | undefined]>([
  [{ dnsNames: ["a.example.com"] }, { permitted: { dnsDomains: ["example.com"] } }, undefined],
  [
    { dnsNames: ["example.org"] },
    { permitted: { dnsDomains: ["example.com", "example.net"] } },
    'example.org: permitted dnsDomains "example.com", "example.net"',
  ],
  [
    { dnsNames: ["badexample.com"] },
    { permitted: { dnsDomains: ["example.com"] } },
    'badexample.com: permitted dnsDomains "example.com"',
  ],
  [
    { dnsNames: ["*.example.com"] },
    { permitted: { dnsDomains: ["a.example.com"] } },
    '*.example.com: permitted dnsDomains "a.example.com"',
  ],
  [
    { dnsNames: ["*.example.com"] },
    { excluded: { dnsDomains: ["a.example.com"] } },
    '*.example.com: excluded dnsDomains "a.example.com"',
  ],
  [{ dnsNames: ["*.example.com"] }, { excluded: { dnsDomains: ["a.b.example.com"] } }, undefined],
  [
    { dnsNames: ["a.b.example.com"] },
    { permitted: { dnsDomains: ["example.com"] }, excluded: { dnsDomains: ["b.example.com"] } },
    'a.b.example.com: excluded dnsDomains "b.example.com"',
  ],
  [{ dnsNames: ["example.com"] }, { excluded: { dnsDomains: [""] } }, 'example.com: excluded dnsDomains ""'],
  [{ ipAddresses: ["10.0.0.1"] }, { permitted: { dnsDomains: ["example.com"] } }, undefined],
  [{ ipAddresses: ["::1"] }, { permitted: { ipRanges: ["10.0.0.0/8"] } }, '::1: permitted ipRanges "10.0.0.0/8"'],
  [{ uris: ["urn:a:b"] }, { excluded: { uriDomains: ["example.com"] } }, 'urn:a:b: excluded uriDomains "example.com"'],
  [
    { uris: ["https://10.0.0.1/"] },
    { permitted: { uriDomains: [".example.com"] } },
    'https://10.0.0.1/: permitted uriDomains ".example.com"',
  ],
  [{ uris: ["https://user@a.example.com:8443/x"] }, { permitted: { uriDomains: [".example.com"] } }, undefined],
  [
    { emailAddresses: ["a@b.example.com"] },
    { permitted: { emailAddresses: ["example.com"] } },
    'a@b.example.com: permitted emailAddresses "example.com"',
  ],
])("%j under %j: %p", (names, given, expected) => {
  const violation = checkNameConstraints(names, given);
  expect(violation && `${violation.name}: ${violation.rule}`).toBe(expected);
});

test.each<[string | undefined, SubjectNames, string[] | undefined]>([
  ["web.example.com", {}, ["web.example.com"]],
  ["web.example.com", { dnsNames: ["a.example"] }, ["a.example"]],
  ["Some Person", {}, undefined],
  ["localhost", {}, undefined],
  [undefined, {}, undefined],
])("of the common name %p and %j the DNS names %p are bound", (commonName, names, expected) =>
  expect(constrainedNames(commonName, names).dnsNames).toEqual(expected),
);

test.each([
  ["a part that is neither permitted nor excluded", "3002a200"],
  ["a minimum", "300ca00a3008820161800101810105"],
  ["an IP range of seven bytes", "300da00b30098707" + "01020304050607"],
])("%s is malformed", (_, hex) => expect(() => decodeNameConstraints(Buffer.from(hex, "hex"))).toThrow());
