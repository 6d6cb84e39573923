import { hostMatches } from "../../../sdk/x509/hostMatching";

test.each([
  ["example.com", "example.com", true],
  ["EXAMPLE.com", "example.COM", true],
  ["example.com.", "example.com", true],
  ["a.example.com", "*.example.com", true],
  ["example.com", "*.example.com", false],
  ["a.b.example.com", "*.example.com", false],
  [".example.com", "*.example.com", false],
  ["*.example.com", "*.example.com", true],
  ["*.b.example.com", "*.example.com", false],
  ["aexample.com", "*.example.com", false],
  ["a.example.com", "a*.example.com", false],
  ["a.example.com", "example.com", false],
])("%s and %s: %p", (host, pattern, expected) => expect(hostMatches(host, pattern)).toBe(expected));
