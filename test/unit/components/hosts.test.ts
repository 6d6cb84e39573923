import { covers, refuseUncovered } from "../../../components/hosts";

test.each([
  ["web.example", "web.example", true],
  ["Web.Example", "web.example.", true],
  ["*.apps.example", "a.apps.example", true],
  ["*.apps.example", "*.apps.example", true],
  ["*.apps.example", "apps.example", false],
  ["*.apps.example", "b.a.apps.example", false],
  ["*.example", "*.apps.example", false],
  ["web.example", "*.example", false],
  ["*.apps.example", ".apps.example", false],
])("a certificate for %s, asked for %s: %s", (dnsName, host, expected) => {
  expect(covers(dnsName, host)).toBe(expected);
});

test("a host is refused unless one of the names covers it, or none is known", () => {
  refuseUncovered("hosts[0]", "a.example", ["web.example", "*.example"]);
  refuseUncovered("hosts[0]", "a.example", []);
  expect(() => refuseUncovered("hosts[0]", "a.b.example", ["web.example", "*.example"])).toThrow(
    'hosts[0]: the certificate is not for "a.b.example", only for web.example, *.example.',
  );
});
