import fc from "fast-check";
import {
  classes,
  decodeMessage,
  decodeText,
  encodeMessage,
  encodeText,
  recordTypes,
  tryDecodeMessage,
} from "../../../../sdk/solvers/dns/message";
import { encodeName, isInZone, readName, selfAndParents } from "../../../../sdk/solvers/dns/name";

/** The answer of a real server (dig +noedns TXT example.test), with a compressed owner. */
const answer = Buffer.from(
  "1234850000010001000000000f5f61636d652d6368616c6c656e6765076578616d706c65047465737400001000" +
    "01c00c001000010000003c00040361626300",
  "hex",
).subarray(0, -1);

describe("messages", () => {
  test("an answer with a compressed name", () => {
    const message = decodeMessage(answer);
    expect(message).toMatchObject({ id: 0x1234, isResponse: true, isAuthoritative: true, responseCode: 0 });
    expect(message.answers).toMatchObject([{ name: "_acme-challenge.example.test", type: 16, ttl: 60 }]);
    expect(decodeText(message.answers![0]!.data)).toBe("abc");
  });

  test("what is written can be read", () => {
    const record = { name: "a.b", type: recordTypes.TXT, class: classes.NONE, ttl: 7, data: encodeText("x") };
    const message = { id: 9, opcode: 5, questions: [{ name: "b", type: 6, class: 1 }], authorities: [record] };
    expect(decodeMessage(encodeMessage(message))).toMatchObject({
      ...message,
      authorities: [{ ...record, data: expect.anything() }],
      isResponse: false,
    });
  });

  test("a text longer than a string of DNS", () => {
    for (const length of [0, 1, 255, 256, 600]) {
      const text = "x".repeat(length);
      expect(decodeText(encodeText(text))).toBe(text);
    }
    expect(encodeText("x".repeat(256))[256]).toBe(1);
  });

  test("whatever arrives is read or refused as malformed, and never for ever", () => {
    const mutate = fc.tuple(fc.nat(answer.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.array(mutate)), (made) => {
        const bytes = made instanceof Uint8Array ? Buffer.from(made) : Buffer.from(answer);
        if (!(made instanceof Uint8Array)) for (const [at, value] of made) bytes[at] = value;
        tryDecodeMessage(bytes); // throws only for a mistake of its own
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["to itself", "c000"],
    ["forward", "c00200"],
    ["round", "0161c002c000"],
  ])("a name that points %s is refused", (_, hex) => {
    const bytes = Buffer.from(hex, "hex");
    const offset = hex.startsWith("01") ? 2 : 0;
    expect(() => readName({ bytes, offset })).toThrow(RangeError);
  });
});

describe("names", () => {
  test("case is folded, labels with odd bytes are no other name", () => {
    const bytes = Buffer.from("\x03A.b\x01C\0", "latin1");
    expect(readName({ bytes, offset: 0 })).toBe("a\\046b.c");
    expect(encodeName("Ab.C").toString("latin1")).toBe("\x02ab\x01c\0");
    expect(encodeName("")).toEqual(Buffer.from([0]));
  });

  test.each(["a..b", ".a", `${"x".repeat(64)}.a`, Array(130).fill("a").join(".")])("no name: %s", (name) => {
    expect(() => encodeName(name)).toThrow(RangeError);
  });

  test("zones above a name", () => {
    expect(selfAndParents("a.b.c")).toEqual(["a.b.c", "b.c", "c"]);
    expect([isInZone("a.b", "b"), isInZone("ab", "b"), isInZone("b", "b"), isInZone("b", "")]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
