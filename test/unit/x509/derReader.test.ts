import * as fc from "fast-check";
import { element, integer, namedBits, objectIdentifier, sequence, time } from "../../../sdk/x509/der";
import {
  MalformedDer,
  readAll,
  readBoolean,
  readElement,
  readInteger,
  readNamedBits,
  readOid,
  readOnly,
  readSequence,
  readTime,
} from "../../../sdk/x509/derReader";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

test("what the writer writes is read back", () =>
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (contents) => {
      const der = sequence(...contents.map((content) => element(0x04, content)));
      expect(readSequence(der).map(({ content }) => new Uint8Array(content))).toEqual(contents);
    }),
  ));

test.each([
  ["nothing", ""],
  ["a tag alone", "30"],
  ["a length that is cut off", "3082"],
  ["a length of its own bytes", "308201"],
  ["an indefinite length", "30800000"],
  ["a length of five bytes", "30850000000001"],
  ["a length in a longer form than needed", "30810100"],
  ["a length with a leading zero", "3082007f"],
  ["a content that is cut off", "300201"],
  ["a tag of several bytes", "1f0101"],
  ["data after the end", "300000"],
  ["another tag", "0400"],
])("%s is refused", (_, bytes) => expect(() => readOnly(hex(bytes), 0x30)).toThrow(MalformedDer));

test("any bytes either are read or refused as malformed", () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        readAll(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedDer);
      }
    }),
  ));

test.each(["0.9.2342.19200300.100.1.25", "1.2.840.113549.1.1.11", "2.5.29.37.0", "2.999.3"])(
  "the object identifier %s is read",
  (dotted) => expect(readOid(readElement(objectIdentifier(dotted)))).toBe(dotted),
);

test.each(["0600", "060180", "06022a80", "060affffffffffffffffff7f", "0400"])(
  "the object identifier %s is refused",
  (bytes) => expect(() => readOid(readElement(hex(bytes)))).toThrow(MalformedDer),
);

test.each([
  ["17", "260601123456Z", "2026-06-01T12:34:56.000Z"],
  ["17", "490101000000Z", "2049-01-01T00:00:00.000Z"],
  ["17", "500101000000Z", "1950-01-01T00:00:00.000Z"],
  ["18", "20500101000000Z", "2050-01-01T00:00:00.000Z"],
  ["18", "99991231235959Z", "9999-12-31T23:59:59.000Z"],
  ["18", "00500101000000Z", "0050-01-01T00:00:00.000Z"],
])("the time %s %s is %s", (tag, text, date) =>
  expect(readTime(readElement(element(parseInt(tag, 16), Buffer.from(text)))).toISOString()).toBe(date),
);

test.each([
  "2606011234Z",
  "260601123456",
  "260601123456+0100",
  "261301000000Z",
  "260230000000Z",
  "260601240000Z",
  "260601006000Z",
  "260601000060Z",
  "26060100000 Z",
])("the time %s is refused", (text) =>
  expect(() => readTime(readElement(element(0x17, Buffer.from(text))))).toThrow(MalformedDer),
);

test("dates are read back as they were written", () =>
  fc.assert(
    fc.property(fc.integer({ min: -631_152_000, max: 253_402_300_799 }), (seconds) => {
      expect(readTime(readElement(time(new Date(seconds * 1000)))).getTime()).toBe(seconds * 1000);
    }),
  ));

test("numbers, bits and booleans are read back; others are refused", () => {
  expect(readInteger(readElement(integer(70_000)))).toBe(70_000);
  expect(() => readInteger(readElement(hex("0201ff")))).toThrow(MalformedDer);
  expect(() => readInteger(readElement(hex("0200")))).toThrow(MalformedDer);
  expect(readNamedBits(readElement(namedBits([0, 5, 8])))).toEqual([0, 5, 8]);
  expect(() => readNamedBits(readElement(hex("0300")))).toThrow(MalformedDer);
  expect(() => readNamedBits(readElement(hex("03020880")))).toThrow(MalformedDer);
  expect(readBoolean(readElement(hex("0101ff")))).toBe(true);
  expect(readBoolean(readElement(hex("010100")))).toBe(false);
  expect(() => readBoolean(readElement(hex("0100")))).toThrow(MalformedDer);
});
