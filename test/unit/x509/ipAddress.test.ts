import * as fc from "fast-check";
import { cidrFromBytes, ipFromBytes, ipInRange, ipToBytes, parseCidr } from "../../../sdk/x509/ipAddress";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
  ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::", "fe80::"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
  ["::ffff:a00:1", "::ffff:10.0.0.1"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
])("%s is %s (RFC 5952)", (text, canonical) => expect(ipFromBytes(ipToBytes(text) as Buffer)).toBe(canonical));

test.each([
  "",
  "10.0.0",
  "10.0.0.256",
  "010.0.0.1",
  "10.0.0.1/8",
  "1::2::3",
  ":::",
  "fe80::1%eth0",
  "[::1]",
  "example.com",
  "1:2:3:4:5:6:7",
  "0x7f.1",
])("%p is no address", (text) => expect(ipToBytes(text)).toBeUndefined());

test("any address is read back from its text, which is as the URL standard writes it", () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.array(fc.constantFrom(0, 0, 0, 1, 0xab), { minLength: 16, maxLength: 16 }),
      ),
      (bytes) => {
        const text = ipFromBytes(Uint8Array.from(bytes));
        expect([...(ipToBytes(text) ?? [])]).toEqual([...bytes]);
        if (bytes.length === 16 && !text.includes(".")) expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`);
      },
    ),
  ));

test.each([
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["10.0.0.1/32", "10.0.0.1/32"],
  ["2001:DB8::/32", "2001:db8::/32"],
  ["::/0", "::/0"],
])("the range %s is %s", (text, canonical) => expect(parseCidr(text)?.canonical).toBe(canonical));

test.each(["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "10.0.0.0/255.0.0.0", "x/8"])(
  "%p is no range",
  (text) => expect(parseCidr(text)).toBeUndefined(),
);

test("the text of a range is read back from its bytes; a mask that is no prefix is shown as one", () => {
  const { address, mask } = parseCidr("10.0.0.0/9") as NonNullable<ReturnType<typeof parseCidr>>;
  expect(cidrFromBytes(Buffer.concat([address, mask]))).toBe("10.0.0.0/9");
  expect(cidrFromBytes(Buffer.of(10, 0, 0, 0, 255, 0, 255, 0))).toBe("10.0.0.0/255.0.255.0");
});

test.each([
  ["10.127.255.255", "10.0.0.0/9", true],
  ["10.128.0.0", "10.0.0.0/9", false],
  ["::a00:1", "10.0.0.0/8", false],
  ["2001:db8:ffff::", "2001:db8::/32", true],
  ["2001:db9::", "2001:db8::/32", false],
])("%s in %s: %p", (address, range, expected) =>
  expect(ipInRange(ipToBytes(address) as Buffer, parseCidr(range) as NonNullable<ReturnType<typeof parseCidr>>)).toBe(
    expected,
  ),
);
