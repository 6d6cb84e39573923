import { parseDnsArgs } from "../../../../sdk/solvers/dns/options";

const parse = (given: Record<string, unknown>) => parseDnsArgs(given, "solvers[0].dns01");

test("defaults", () => {
  expect(parse({})).toEqual({ propagationTimeout: 300_000, checkPropagation: true });
});

test.each([
  ["10.0.0.53", "10.0.0.53", 53],
  ["10.0.0.53:5353", "10.0.0.53", 5353],
  ["2001:db8::53", "2001:db8::53", 53],
  ["[2001:db8::53]", "2001:db8::53", 53],
  ["[2001:db8::53]:5353", "2001:db8::53", 5353],
])("the server %s", (text, address, port) => {
  expect(parse({ resolvers: [text] }).resolvers).toEqual([{ address, port }]);
});

test.each(["ns.example.com", "10.0.0.53:0", "10.0.0.53:70000", "10.0.0", "", ":53", "[10.0.0.1", 53, null])(
  "no server: %p",
  (value) => {
    expect(() => parse({ nameServers: [value] })).toThrow("solvers[0].dns01.nameServers[0]: ");
  },
);

test.each([
  [{ resolvers: [] }, "solvers[0].dns01.resolvers"],
  [{ resolvers: "10.0.0.53" }, "solvers[0].dns01.resolvers"],
  [{ checkPropagation: "no" }, "solvers[0].dns01.checkPropagation"],
  [{ propagationTimeout: "soon" }, "solvers[0].dns01.propagationTimeout"],
])("%p is refused by its path", (given, property) => {
  expect(() => parse(given)).toThrow(expect.objectContaining({ code: "InvalidArgument", property }));
});
