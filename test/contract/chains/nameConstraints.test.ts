import { checkChain } from "../../../sdk/x509/chain";
import { element, objectIdentifier, sequence, setOf, utf8String } from "../../../sdk/x509/der";
import { oids } from "../../../sdk/x509/extensions";
import type { NameConstraints } from "../../../sdk/x509/nameConstraints";
import {
  at,
  ca,
  chain,
  edited,
  type Extras,
  from,
  leaf,
  type Make,
  testAgreement,
  whole,
} from "../../support/chainCases";
import { opensslVerify } from "../../support/opensslVerify";
import { reissue } from "../../support/reissue";

const bound = (constraints: NameConstraints, end: Extras, lower: Extras = {}): Make =>
  from({ upper: { ca: { nameConstraints: constraints } }, lower, leaf: end });
const dns = (...dnsNames: string[]): Extras => ({ names: { dnsNames } });
const permitted = { permitted: { dnsDomains: ["example.com"] } };
const excluded = { excluded: { dnsDomains: ["example.com"] } };
const directory = (side: 0 | 1, commonName: string): Make =>
  edited(async (made) => {
    const name = sequence(setOf(sequence(objectIdentifier("2.5.4.3"), utf8String(commonName))));
    const trees = sequence(element(0xa0 | side, sequence(element(0xa4, name))));
    const constraints = { [oids.nameConstraints]: { critical: true, value: trees } };
    return { lower: await reissue(made.lower.pem, made.upper.key, { extensions: constraints }) };
  });
const emailAttribute = (text: string): Buffer =>
  sequence(setOf(sequence(objectIdentifier("1.2.840.113549.1.9.1"), element(0x16, Buffer.from(text)))));

testAgreement("name constraints", [
  ["a name inside", "ok", bound(permitted, dns("a.b.example.com", "example.com"))],
  ["a name outside", "NameConstraintViolated", bound(permitted, dns("a.example.com", "example.org"))],
  ["a name that only ends alike", "NameConstraintViolated", bound(permitted, dns("badexample.com"))],
  ["a name excluded", "NameConstraintViolated", bound(excluded, dns("a.example.com"))],
  ["a name not excluded", "ok", bound(excluded, dns("example.org"))],
  ["a wildcard inside", "ok", bound(permitted, dns("*.example.com"))],
  ["another kind of name stays free", "ok", bound(permitted, { names: { ipAddresses: ["10.0.0.1"] } })],
  [
    "an address inside",
    "ok",
    bound({ permitted: { ipRanges: ["10.0.0.0/8"] } }, { names: { ipAddresses: ["10.255.0.1"] } }),
  ],
  [
    "an address outside",
    "NameConstraintViolated",
    bound({ permitted: { ipRanges: ["10.0.0.0/8"] } }, { names: { ipAddresses: ["11.0.0.1"] } }),
  ],
  [
    "an address of the other family",
    "NameConstraintViolated",
    bound({ permitted: { ipRanges: ["10.0.0.0/8"] } }, { names: { ipAddresses: ["2001:db8::1"] } }),
  ],
  [
    "an address excluded",
    "NameConstraintViolated",
    bound({ excluded: { ipRanges: ["2001:db8::/33"] } }, { names: { ipAddresses: ["2001:db8:7fff::1"] } }),
  ],
  [
    "an address just beyond the excluded",
    "ok",
    bound({ excluded: { ipRanges: ["2001:db8::/33"] } }, { names: { ipAddresses: ["2001:db8:8000::1"] } }),
  ],
  [
    "a mailbox on the host",
    "ok",
    bound({ permitted: { emailAddresses: ["example.com"] } }, { names: { emailAddresses: ["a@example.com"] } }),
  ],
  [
    "a mailbox on a host below",
    "NameConstraintViolated",
    bound({ permitted: { emailAddresses: ["example.com"] } }, { names: { emailAddresses: ["a@b.example.com"] } }),
  ],
  [
    "a mailbox below the domain",
    "ok",
    bound({ permitted: { emailAddresses: [".example.com"] } }, { names: { emailAddresses: ["a@b.example.com"] } }),
  ],
  [
    "that very mailbox",
    "ok",
    bound({ permitted: { emailAddresses: ["a@example.com"] } }, { names: { emailAddresses: ["a@EXAMPLE.com"] } }),
  ],
  [
    "a mailbox in other letters",
    "NameConstraintViolated",
    bound({ permitted: { emailAddresses: ["a@example.com"] } }, { names: { emailAddresses: ["A@example.com"] } }),
  ],
  [
    "a URI on the host",
    "ok",
    bound({ permitted: { uriDomains: ["example.com"] } }, { names: { uris: ["https://example.com:8443/a"] } }),
  ],
  [
    "a URI on a host below",
    "NameConstraintViolated",
    bound({ permitted: { uriDomains: ["example.com"] } }, { names: { uris: ["https://a.example.com/"] } }),
  ],
  [
    "a URI below the domain",
    "ok",
    bound({ permitted: { uriDomains: [".example.com"] } }, { names: { uris: ["spiffe://a.example.com/x"] } }),
  ],
  [
    "a URI without a host",
    "NameConstraintViolated",
    bound({ permitted: { uriDomains: [".example.com"] } }, { names: { uris: ["urn:a:b"] } }),
  ],
  [
    "a common name that is a host name outside",
    "NameConstraintViolated",
    bound(permitted, { names: {}, subject: { commonName: "example.org" } }),
  ],
  [
    "a common name that is a host name inside",
    "ok",
    bound(permitted, { names: {}, subject: { commonName: "a.example.com" } }),
  ],
  ["a common name that is no host name", "ok", bound(permitted, { names: {}, subject: { commonName: "Some Person" } })],
  [
    "a common name outside next to a DNS name inside",
    "ok",
    bound(permitted, { ...dns("a.example.com"), subject: { commonName: "example.org" } }),
  ],
  [
    "a CA whose own name is outside",
    "NameConstraintViolated",
    bound(permitted, dns("a.example.com"), { names: { dnsNames: ["example.org"] } }),
  ],
  [
    "constraints of the root",
    "NameConstraintViolated",
    from({ root: { ca: { nameConstraints: permitted } }, leaf: dns("example.org") }),
  ],
  [
    "a mailbox in the subject outside",
    "NameConstraintViolated",
    async () => {
      const made = await chain({
        lower: { ca: { nameConstraints: { permitted: { emailAddresses: ["example.com"] } } } },
      });
      const end = await reissue(made.leaf.pem, made.lower.key, { subject: emailAttribute("a@example.org") });
      return {
        ...whole(made),
        leaf: await reissue(end, made.lower.key, { extensions: { [oids.subjectAltName]: null } }),
      };
    },
  ],
  ["a subject inside a permitted directory name", "ok", directory(0, "leaf")],
  ["a subject inside it in other letters", "ok", directory(0, "LEAF")],
  ["a subject outside of it", "NameConstraintViolated", directory(0, "other")],
  ["a subject inside an excluded directory name", "NameConstraintViolated", directory(1, "leaf")],
  [
    "a self-issued CA certificate is exempt from them",
    "ok",
    async () => {
      const root = await ca("root");
      const issuing = await ca("issuing", root, {
        ca: { nameConstraints: permitted },
        names: { dnsNames: ["example.org"] },
      });
      const renewed = await ca("issuing", issuing, { names: { dnsNames: ["example.org"] } });
      return { leaf: (await leaf(renewed)).pem, intermediates: [renewed.pem, issuing.pem], anchors: [root.pem] };
    },
  ],
]);

test("a wildcard of which one name is excluded is refused, which openssl lets pass", async () => {
  const made = await chain({
    lower: { ca: { nameConstraints: { excluded: { dnsDomains: ["secret.example.com"] } } } },
    leaf: dns("*.example.com"),
  });
  const { leaf: leafPem, intermediates = [], anchors } = whole(made);
  const check = { leafPem, intermediatesPem: intermediates.join(""), trustAnchorsPem: anchors.join(""), at };
  expect(await checkChain(check)).toMatchObject({ ok: false, code: "NameConstraintViolated" });
  expect((await opensslVerify(check)).ok).toBe(true);
});
