import fc from "fast-check";
import { canonicalJson, digestOf, sameValue } from "../../../sdk/provider/canonical";
import { overTheWire } from "../../support/simulatedEngine";

const shuffled = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(shuffled);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  );
};
// The engine's own conversion loses a member of this name.
const properties = fc
  .dictionary(fc.string(), fc.jsonValue())
  .filter((value) => !JSON.stringify(value).includes('"__proto__"'));

test("is the same text for the same value, whatever the order of its keys", () => {
  fc.assert(
    fc.property(properties, (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      expect(digestOf(shuffled(value))).toBe(digestOf(value));
      expect(sameValue(shuffled(value), value)).toBe(true);
    }),
  );
});

test("is the same text after the engine has carried the value", () => {
  fc.assert(
    fc.property(properties, (value) => {
      expect(canonicalJson(overTheWire(value))).toBe(canonicalJson(value));
    }),
  );
});

test("is valid JSON of the same value", () => {
  fc.assert(
    fc.property(properties, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("different values are not the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
      expect(sameValue(left, right)).toBe(
        JSON.stringify(shuffled(left)) === JSON.stringify(shuffled(right)) ||
          canonicalJson(left) === canonicalJson(right),
      );
    }),
  );
  for (const [left, right] of [
    [{}, []],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: undefined }, { a: null }],
    [["a"], ["a", "b"]],
    [null, {}],
    [0, ""],
    ["1", 1],
    [{ 0: "a" }, ["a"]],
  ]) {
    expect(sameValue(left, right)).toBe(false);
    expect(sameValue(right, left)).toBe(false);
  }
});

test("what is not there is not in the text", () => {
  expect(canonicalJson({ b: undefined, a: { d: 1, c: undefined } })).toBe('{"a":{"d":1}}');
  expect(sameValue({ a: undefined }, {})).toBe(true);
});
