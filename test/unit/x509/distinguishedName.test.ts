import "reflect-metadata";
import { Name } from "@peculiar/x509";
import * as fc from "fast-check";
import { objectIdentifier, sequence, setOf } from "../../../sdk/x509/der";
import {
  decodeDistinguishedName,
  type DistinguishedName,
  encodeDistinguishedName,
  isEmptyName,
} from "../../../sdk/x509/distinguishedName";

const full: DistinguishedName = {
  commonName: "web.example.com",
  organization: ["Söhne & Co.", "Other"],
  organizationalUnit: "Payments",
  country: "DE",
  stateOrProvince: "Bayern",
  locality: "München",
  streetAddress: ["Hauptstraße 1", "Hinterhaus"],
  postalCode: "80331",
  serialNumber: "HRB 12345",
};

test("a full name is read alike by an independent reader, in the usual order", () => {
  const der = encodeDistinguishedName(full);
  expect(new Name(der).toJSON()).toEqual([
    { C: ["DE"] },
    { ST: ["Bayern"] },
    { L: ["München"] },
    { "2.5.4.17": ["80331"] },
    { "2.5.4.9": ["Hauptstraße 1"] },
    { "2.5.4.9": ["Hinterhaus"] },
    { O: ["Söhne & Co."] },
    { O: ["Other"] },
    { OU: ["Payments"] },
    { CN: ["web.example.com"] },
    { "2.5.4.5": ["HRB 12345"] },
  ]);
  expect(decodeDistinguishedName(der)).toMatchObject({ name: full, others: [] });
});

test("country and serial number are PrintableString, everything else UTF8String", () => {
  const hex = encodeDistinguishedName({ country: "DE", serialNumber: "1", commonName: "A" }).toString("hex");
  expect(hex).toContain("06035504061302" + Buffer.from("DE").toString("hex"));
  expect(hex).toContain("060355040513013" + "1");
  expect(hex).toContain("06035504030c0141");
});

test.each<[DistinguishedName, string, string]>([
  [{ commonName: "a".repeat(65) }, "commonName", "has 65 characters, the limit is 64"],
  [{ commonName: "ü".repeat(65) }, "commonName", "has 65 characters"],
  [{ organization: ["ok", "a".repeat(65)] }, "organization[1]", "has 65 characters"],
  [{ locality: "a".repeat(129) }, "locality", "the limit is 128"],
  [{ stateOrProvince: "a".repeat(129) }, "stateOrProvince", "the limit is 128"],
  [{ postalCode: "1".repeat(41) }, "postalCode", "the limit is 40"],
  [{ serialNumber: "1".repeat(65) }, "serialNumber", "the limit is 64"],
  [{ serialNumber: "ü" }, "serialNumber", "outside PrintableString"],
  [{ country: "UK" }, "country", "is no ISO 3166-1 code"],
  [{ country: "de" }, "country", "is no ISO 3166-1 code"],
  [{ country: "DEU" }, "country", "the limit is 2"],
  [{ commonName: "" }, "commonName", "is empty"],
  [{ commonName: " a" }, "commonName", "begins or ends with a space"],
  [{ commonName: "a\u0000b" }, "commonName", "has a control character"],
  [{ commonName: "a\ud800b" }, "commonName", "half of a surrogate pair"],
  [{ commonName: 7 as unknown as string }, "commonName", "is not a text"],
])("%j is refused at %s: %s", (name, property, problem) =>
  expect(() => encodeDistinguishedName(name, "subject")).toThrow(
    expect.objectContaining({ property: `subject.${property}`, message: expect.stringContaining(problem) }),
  ),
);

test("64 characters outside the basic plane fit", () =>
  expect(decodeDistinguishedName(encodeDistinguishedName({ commonName: "🔑".repeat(64) })).name.commonName).toBe(
    "🔑".repeat(64),
  ));

test.each([
  [{}, true],
  [{ organization: [] }, true],
  [{ commonName: "a" }, false],
])("isEmptyName(%j) is %p", (name, expected) => {
  expect(isEmptyName(name)).toBe(expected);
  expect(encodeDistinguishedName(name).toString("hex") === "3000").toBe(expected);
});

test.each([
  [{ commonName: "A, B + C" }, "CN=A\\, B \\+ C"],
  [{ commonName: "#1" }, "CN=\\#1"],
  [{ commonName: 'say "x"; <y>' }, 'CN=say \\"x\\"\\; \\<y\\>'],
  [{ country: "DE", commonName: "A" }, "CN=A,C=DE"],
  [{}, ""],
])("%j is shown as %s (RFC 4514)", (name, text) =>
  expect(decodeDistinguishedName(encodeDistinguishedName(name)).text).toBe(text),
);

test("attributes without a place, several in one part, and old kinds of text are shown", () => {
  const attribute = (oid: string, tag: number, value: Buffer): Buffer =>
    sequence(objectIdentifier(oid), Buffer.concat([Buffer.of(tag, value.length), value]));
  const der = sequence(
    setOf(attribute("0.9.2342.19200300.100.1.25", 0x16, Buffer.from("example"))),
    setOf(
      attribute("2.5.4.3", 0x1e, Buffer.from("\u0000A\u0000B", "latin1")),
      attribute("1.2.840.113549.1.9.1", 0x16, Buffer.from("a@b")),
    ),
    setOf(attribute("1.2.3.4", 0x14, Buffer.from([0xfc]))),
    setOf(attribute("2.5.4.10", 0x13, Buffer.from("O\r\n1"))),
  );
  const decoded = decodeDistinguishedName(der);
  expect(decoded.name).toEqual({ commonName: "AB", organization: "O\r\n1" });
  expect(decoded.others).toEqual(["DC=example", "emailAddress=a@b", "1.2.3.4=ü"]);
  expect(decoded.text).toBe("O=O\\0d\\0a1,1.2.3.4=ü,CN=AB+emailAddress=a@b,DC=example");
});

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });

test("any name that is accepted is read back as it is", () =>
  fc.assert(
    fc.property(
      fc.record(
        { commonName: text, organization: fc.array(text, { minLength: 2, maxLength: 3 }), locality: text },
        { requiredKeys: [] },
      ),
      (name) => {
        let der: Buffer;
        try {
          der = encodeDistinguishedName(name);
        } catch (error) {
          expect(String(error)).toContain("subject.");
          return;
        }
        expect(decodeDistinguishedName(der).name).toEqual(name);
      },
    ),
  ));
