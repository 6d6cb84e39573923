import { normalizeUri } from "../../../sdk/x509/uri";

test.each([
  ["https://example.com", "https://example.com"],
  ["HTTPS://User@Example.COM:8443/Path?Query#Fragment", "https://User@example.com:8443/Path?Query#Fragment"],
  ["https://10.0.0.1/", "https://10.0.0.1/"],
  ["https://[2001:DB8::0:1]:8443/", "https://[2001:db8::1]:8443/"],
  ["ldap://ldap.example.com/cn=a,dc=b", "ldap://ldap.example.com/cn=a,dc=b"],
  ["https://example.com/%C3%BC", "https://example.com/%C3%BC"],
  ["urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
  ["spiffe://Example.org/ns/Prod/sa/web_1.2-3", "spiffe://example.org/ns/Prod/sa/web_1.2-3"],
  ["spiffe://my_trust_domain", "spiffe://my_trust_domain"],
])("%s is %s", (text, canonical) => expect(normalizeUri(text, "uris[0]")).toBe(canonical));

test.each([
  ["", "has a character that no URI has"],
  ["example.com/path", "has no scheme"],
  ["//example.com", "has no scheme"],
  ["https:", "has no host"],
  ["https://", "has no host"],
  ["https:///path", "has no host"],
  ["https:example.com", "has no host"],
  ["mailto:ops@example.com", "has no host"],
  ["urn:", "has no host"],
  ["https://exa mple.com", "has a character that no URI has"],
  ["https://bücher.example", "has a character that no URI has"],
  ["https://example.com/%zz", "has a character that no URI has"],
  ["https://a_b.example.com", "has an underscore"],
  ["https://*.example.com/", "has a wildcard"],
  ["https://[::1", "has no host"],
  ["https://[10.0.0.1]/", "malformed IPv6"],
  ["https://example.com:port/", "has no host"],
  [`https://example.com/${"a".repeat(2048)}`, "has 2068 characters"],
  ["spiffe://", "has no valid trust domain"],
  ["spiffe:/a", "has no valid trust domain"],
  ["spiffe://example.org:8080/a", "has no valid trust domain"],
  ["spiffe://user@example.org/a", "has no valid trust domain"],
  ["spiffe://example.org/", "has a path that no SPIFFE id has"],
  ["spiffe://example.org/a/", "has a path that no SPIFFE id has"],
  ["spiffe://example.org//a", "has a path that no SPIFFE id has"],
  ["spiffe://example.org/a/../b", "has a path that no SPIFFE id has"],
  ["spiffe://example.org/./b", "has a path that no SPIFFE id has"],
  ["spiffe://example.org/a%20b", "has a path that no SPIFFE id has"],
  ["spiffe://example.org/a?b", "has a query or fragment"],
  ["spiffe://example.org/a#b", "has a query or fragment"],
])("%j is refused: %s", (text, problem) => {
  expect(() => normalizeUri(text, "uris[0]")).toThrow(
    expect.objectContaining({ property: "uris[0]", message: expect.stringContaining(problem) }),
  );
});

test("a path that only begins like .. is allowed", () =>
  expect(normalizeUri("spiffe://example.org/..a/.b", "uris[0]")).toBe("spiffe://example.org/..a/.b"));
