import { parseEndpoint } from "../../../../sdk/solvers/cloud/endpoint";

const parse = (value: unknown): string => parseEndpoint(value, "solver.endpoint", "https://api.example.com/v4");

test("the service's own is the default", () => {
  expect(parse(undefined)).toBe("https://api.example.com/v4");
});

test.each([
  ["https://dns.internal.example/api/", "https://dns.internal.example/api"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["http://[::1]:8080/v4", "http://[::1]:8080/v4"],
  ["http://localhost/", "http://localhost"],
])("%s is accepted", (given, expected) => {
  expect(parse(given)).toBe(expected);
});

test.each(["http://10.0.0.7", "http://127.example.com", "http://api.example.com/v4"])(
  "%s would send the token in clear",
  (given) => {
    expect(() => parse(given)).toThrow(/^solver\.endpoint: .* would take the credentials in clear\./);
  },
);

test.each([[7], [""], ["api.example.com"], ["https://user:password@api.example.com"], ["https://x/?y=1"], ["ftp://x"]])(
  "%j is refused",
  (given) => {
    expect(() => parse(given)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  },
);
