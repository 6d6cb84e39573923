import "reflect-metadata";
import * as asn1js from "asn1js";
import * as fc from "fast-check";
import {
  bitString,
  boolean,
  constructed,
  element,
  integer,
  isObjectIdentifier,
  namedBits,
  objectIdentifier,
  octetString,
  primitive,
  printableString,
  sequence,
  setOf,
  time,
  utf8String,
} from "../../../sdk/x509/der";

/** What an independent reader makes of an encoding; it must read all of it. */
function read(der: Buffer): asn1js.AsnType {
  const { offset, result } = asn1js.fromBER(der);
  expect(offset).toBe(der.length);
  return result;
}

test.each([0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000])(
  "a length of %i is written in its shortest form",
  (length) => {
    const der = octetString(Buffer.alloc(length, 7));
    expect((read(der) as asn1js.OctetString).valueBlock.valueHexView.length).toBe(length);
    const expected = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
    expect(der.length - length).toBe(expected);
  },
);

test.each([
  [0, "020100"],
  [1, "020101"],
  [127, "02017f"],
  [128, "02020080"],
  [255, "020200ff"],
  [256, "02020100"],
  [2 ** 40, "0206010000000000"],
  [Buffer.from("00ff", "hex"), "020200ff"],
  [Buffer.from("0000", "hex"), "020100"],
  [Buffer.from("7f01", "hex"), "02027f01"],
  [Buffer.alloc(0), "0200"],
])("the integer %p is %s", (value, hex) => expect(integer(value).toString("hex")).toBe(hex));

test("any integer of bytes is read back as the same number", () =>
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 159n - 1n }), (value) => {
      const hex = value.toString(16);
      const der = integer(Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex"));
      expect((read(der) as asn1js.Integer).toBigInt()).toBe(value);
    }),
  ));

const oid = fc
  .tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 39 }),
    fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 8 }),
  )
  .map(([first, second, rest]) => [first, second, ...rest].join("."));

test("any object identifier is read back", () =>
  fc.assert(
    fc.property(oid, (dotted) => {
      expect(isObjectIdentifier(dotted)).toBe(true);
      expect((read(objectIdentifier(dotted)) as asn1js.ObjectIdentifier).getValue()).toBe(dotted);
    }),
  ));

test.each(["", "1", "1.2.", ".1.2", "3.1.1", "0.40.1", "1.2.03", "1.2.x", "1.2.-1", "1..2"])(
  "%p is no object identifier",
  (text) => expect(isObjectIdentifier(text)).toBe(false),
);
test("2.999.1 is an object identifier", () => {
  expect(isObjectIdentifier("2.999.1")).toBe(true);
  expect(objectIdentifier("2.999.1").toString("hex")).toBe("0603883701");
});

test.each([
  [[], "030100"],
  [[0], "03020780"],
  [[5, 6], "03020106"],
  [[0, 8], "0303078080"],
  [[7], "03020001"],
])("the bits %p are named without trailing zeros", (bits, hex) => expect(namedBits(bits).toString("hex")).toBe(hex));

test.each([
  ["2026-06-01T12:34:56.789Z", 0x17, "260601123456Z"],
  ["1950-01-01T00:00:00Z", 0x17, "500101000000Z"],
  ["2049-12-31T23:59:59Z", 0x17, "491231235959Z"],
  ["2050-01-01T00:00:00Z", 0x18, "20500101000000Z"],
  ["9999-12-31T23:59:59Z", 0x18, "99991231235959Z"],
])("%s is a time of the tag %i: %s", (date, tag, text) => {
  const der = time(new Date(date));
  expect(der[0]).toBe(tag);
  expect(der.subarray(2).toString()).toBe(text);
});

test("the elements of a set are ordered by their encoding", () => {
  const [short, long] = [utf8String("b"), utf8String("aa")];
  expect(setOf(long, short).toString("hex")).toBe(element(0x31, short, long).toString("hex"));
});

test("structures nest", () => {
  const der = sequence(
    boolean(true),
    boolean(false),
    printableString("x"),
    bitString(Buffer.of(1), 0),
    constructed(3, primitive(0, Buffer.of(9))),
  );
  expect(der.toString("hex")).toBe("30120101ff01010013017803020001a303800109");
});
