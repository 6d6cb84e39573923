import { quoteText, unquoteText } from "../../../../sdk/solvers/cloud/characterStrings";

test.each([
  ["LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM", '"LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM"'],
  ['say "no"', '"say \\"no\\""'],
  ["back\\slash", '"back\\\\slash"'],
  ["", '""'],
  ["x".repeat(300), `"${"x".repeat(255)}" "${"x".repeat(45)}"`],
])("%j in quotes, and back", (value, quoted) => {
  expect(quoteText(value)).toBe(quoted);
  expect(unquoteText(quoted)).toBe(value);
});

test("a text without quotes is the value itself", () => {
  expect(unquoteText("plain value")).toBe("plain value");
});
