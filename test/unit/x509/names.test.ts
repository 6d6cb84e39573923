import "reflect-metadata";
import { SubjectAlternativeNameExtension } from "@peculiar/x509";
import * as fc from "fast-check";
import {
  decodeGeneralNames,
  encodeGeneralNames,
  isEmptyNames,
  normalizeNames,
  type SubjectNames,
} from "../../../sdk/x509/names";
import { octetString, sequence } from "../../../sdk/x509/der";

test("names become canonical, each once, in their order; empty kinds are left out", () =>
  expect(
    normalizeNames({
      dnsNames: ["B.example.com", "a.example.com", "b.example.com"],
      ipAddresses: ["2001:DB8::0:1", "10.0.0.1", "2001:db8::1"],
      uris: [],
      emailAddresses: ["Ops@EXAMPLE.com", "Ops@example.com"],
    }),
  ).toEqual({
    dnsNames: ["b.example.com", "a.example.com"],
    ipAddresses: ["2001:db8::1", "10.0.0.1"],
    emailAddresses: ["Ops@example.com"],
  }));

test.each<[unknown, string, string]>([
  [{ dnsNames: ["a.example", "b.example", "no way"] }, "dnsNames[2]", 'has the character " "'],
  [{ dnsNames: "a.example" }, "dnsNames", "is not a list"],
  [{ dnsNames: [7] }, "dnsNames[0]", "is not a text"],
  [{ ipAddresses: ["10.0.0.1", "10.0.0.0/8"] }, "ipAddresses[1]", "is a range"],
  [{ ipAddresses: ["fe80::1%eth0"] }, "ipAddresses[0]", "has a zone"],
  [{ ipAddresses: ["example.com"] }, "ipAddresses[0]", "is no IP address"],
  [{ uris: ["/path"] }, "uris[0]", "has no scheme"],
  [{ uris: ["spiffe://a/b", "spiffe://a/c"] }, "uris", "and other URIs"],
  [{ emailAddresses: ["a@b.example", "someone"] }, "emailAddresses[1]", "is no mailbox"],
  [{ emailAddresses: ["@example.com"] }, "emailAddresses[0]", "is no mailbox"],
  [{ emailAddresses: ["Ops <ops@example.com>"] }, "emailAddresses[0]", "is no mailbox"],
  [{ emailAddresses: ['"a b"@example.com'] }, "emailAddresses[0]", "is no mailbox"],
  [{ emailAddresses: ["a..b@example.com"] }, "emailAddresses[0]", "is no mailbox"],
  [{ emailAddresses: [`${"a".repeat(65)}@example.com`] }, "emailAddresses[0]", "is no mailbox"],
  [{ emailAddresses: ["jörg@example.com"] }, "emailAddresses[0]", "SmtpUTF8Mailbox (RFC 9598)"],
  [{ emailAddresses: ["ops@*.example.com"] }, "emailAddresses[0]", "has a wildcard"],
  [{ emailAddresses: ["ops@10.0.0.1"] }, "emailAddresses[0]", "ends in a number"],
])("%j is refused at %s: %s", (names, property, problem) => {
  expect(() => normalizeNames(names as SubjectNames, 'members["web"].')).toThrow(
    expect.objectContaining({
      code: "InvalidArgument",
      property: `members["web"].${property}`,
      message: expect.stringContaining(problem),
    }),
  );
});

test("an international domain of a mailbox becomes A-labels", () =>
  expect(normalizeNames({ emailAddresses: ["ops@bücher.example"] }).emailAddresses).toEqual([
    "ops@xn--bcher-kva.example",
  ]));

test.each([
  [{}, true],
  [{ dnsNames: [] }, true],
  [{ uris: ["urn:a:b"] }, false],
])("isEmptyNames(%j) is %p", (names, expected) => expect(isEmptyNames(names)).toBe(expected));

const names: SubjectNames = {
  dnsNames: ["*.example.com", "xn--bcher-kva.example"],
  ipAddresses: ["10.0.0.1", "2001:db8::1"],
  uris: ["spiffe://example.org/web"],
  emailAddresses: ["ops@example.com"],
};

test("names are encoded as an independent reader reads them, and read back", () => {
  const der = encodeGeneralNames(names);
  const extension = new SubjectAlternativeNameExtension(sequence(Buffer.from("0603551d11", "hex"), octetString(der)));
  expect(extension.names.toJSON()).toEqual([
    { type: "dns", value: "*.example.com" },
    { type: "dns", value: "xn--bcher-kva.example" },
    { type: "ip", value: "10.0.0.1" },
    { type: "ip", value: "2001:db8::1" },
    { type: "url", value: "spiffe://example.org/web" },
    { type: "email", value: "ops@example.com" },
  ]);
  expect(decodeGeneralNames(der)).toEqual({ names, others: [] });
});

test("names of other kinds are kept apart", () => {
  const registered = Buffer.from("88022a03", "hex");
  const crooked = Buffer.from("870301020a", "hex");
  const { names: known, others } = decodeGeneralNames(sequence(registered, crooked, Buffer.from("82016b", "hex")));
  expect(known).toEqual({ dnsNames: ["k"] });
  expect(others).toEqual([registered, crooked]);
});

test("any names that are accepted are read back from their encoding", () =>
  fc.assert(
    fc.property(
      fc.array(fc.domain(), { maxLength: 4 }),
      fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 4 }),
      (dnsNames, ipAddresses) => {
        let canonical: SubjectNames;
        try {
          canonical = normalizeNames({ dnsNames, ipAddresses });
        } catch {
          return fc.pre(false);
        }
        expect(decodeGeneralNames(encodeGeneralNames(canonical)).names).toEqual(canonical);
      },
    ),
  ));
