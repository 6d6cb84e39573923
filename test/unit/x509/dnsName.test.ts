import * as fc from "fast-check";
import { normalizeDnsName } from "../../../sdk/x509/dnsName";

const normalize = (text: string): string => normalizeDnsName(text, "dnsNames[0]", "wildcards");
const long = (length: number): string => "a".repeat(length);

test.each([
  ["example.com", "example.com"],
  ["EXAMPLE.Com", "example.com"],
  ["localhost", "localhost"],
  ["*.example.com", "*.example.com"],
  ["*.BÜCHER.example", "*.xn--bcher-kva.example"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["faß.example", "xn--fa-hia.example"],
  ["例え.テスト", "xn--r8jz45g.xn--zckzah"],
  ["例え。テスト", "xn--r8jz45g.xn--zckzah"],
  ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ["XN--BCHER-KVA.example", "xn--bcher-kva.example"],
  ["a-b.c--d.example", "a-b.c--d.example"],
  ["1.example", "1.example"],
  ["3com.example", "3com.example"],
  [`${long(63)}.example`, `${long(63)}.example`],
  [`${`${long(49)}.`.repeat(5)}abc`, `${`${long(49)}.`.repeat(5)}abc`],
])("%s is %s", (text, canonical) => expect(normalize(text)).toBe(canonical));

test.each([
  ["", "is empty"],
  ["example.com.", "ends with a dot"],
  [".example.com", "has an empty label"],
  ["a..example.com", "has an empty label"],
  ["_dmarc.example.com", "has an underscore"],
  ["-a.example.com", "begins or ends with a hyphen"],
  ["a-.example.com", "begins or ends with a hyphen"],
  [`${long(64)}.example`, "has a label of 64 characters"],
  [`${`${long(49)}.`.repeat(5)}abcd`, "has 254 characters"],
  [`*.${`${long(49)}.`.repeat(5)}ab`, "has 252 characters"],
  ["exa mple.com", 'has the character " "'],
  ["example.com/path", 'has the character "/"'],
  ["example.com:443", 'has the character ":"'],
  ["user@example.com", 'has the character "@"'],
  ["https://example.com", "is a URI"],
  ["10.0.0.1", "ends in a number"],
  ["::1", "is an IP address"],
  ["10.0.0.256", "ends in a number"],
  ["example.123", "ends in a number"],
  ["*.*.example.com", "wildcard that is not the whole first label"],
  ["a*.example.com", "wildcard that is not the whole first label"],
  ["a.*.example.com", "wildcard that is not the whole first label"],
  ["*", "wildcard that is not the whole first label"],
  ["*.com", "wildcard for all of a top-level domain"],
  ["*.", "wildcard for all of a top-level domain"],
  ["r3---sn.example.com", "-- in the third and fourth place"],
  ["xn--a.example.com", "no valid A-label"],
  ["xn--abc-.example", "begins or ends with a hyphen"],
  ["bü cher.example", "has a character that no host name has"],
  ["bücher%2eexample", "has a character that no host name has"],
  ["bü_cher.example", "has an underscore"],
  ["\u202eexample.com", "is no valid internationalized name"],
  ["example.com\n", 'has the character "\\n"'],
  ["example.com\u0000", 'has the character "\\u0000"'],
])("%j is refused: %s", (text, problem) => {
  expect(() => normalize(text)).toThrow(problem);
  expect(() => normalize(text)).toThrow(/^dnsNames\[0\]: /);
});

test("a wildcard is refused where none is allowed", () =>
  expect(() => normalizeDnsName("*.example.com", "uris[0]")).toThrow("has a wildcard"));

test("a long value is cut off in the message", () => {
  expect(() => normalize(`${long(5000)}!`)).toThrow(/^.{0,500}$/);
});

test("whatever is accepted is canonical: in lower case, in ASCII, and accepted again as it is", () =>
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.string({ unit: "grapheme", maxLength: 20 })), (text) => {
      let canonical: string;
      try {
        canonical = normalize(text);
      } catch (error) {
        expect(String(error)).toContain("dnsNames[0]");
        return;
      }
      expect(canonical).toMatch(/^(?:\*\.)?[a-z0-9.-]{1,253}$/);
      expect(normalize(canonical)).toBe(canonical);
    }),
    { numRuns: 2000 },
  ));

test("ten thousand names are normalized without a wait", () => {
  const start = performance.now();
  for (let name = 0; name < 10_000; name++) normalize(`service-${name}.team.example.com`);
  expect(performance.now() - start).toBeLessThan(5000);
});
