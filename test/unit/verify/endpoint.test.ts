import { endpointName, parseEndpoint, type ParsedEndpoint } from "../../../sdk/verify/endpoint";
import { serverNameOf } from "../../../sdk/verify/serverName";

describe("parseEndpoint", () => {
  it.each<[unknown, ParsedEndpoint]>([
    [{ address: "Web.Example.com." }, { address: "web.example.com", port: 443, protocol: "tls" }],
    [
      { address: "10.0.0.7", port: 8443 },
      { address: "10.0.0.7", port: 8443, protocol: "tls" },
    ],
    [{ address: "2001:db8::7" }, { address: "2001:db8::7", port: 443, protocol: "tls" }],
    [{ address: "localhost" }, { address: "localhost", port: 443, protocol: "tls" }],
    [{ address: "my_service" }, { address: "my_service", port: 443, protocol: "tls" }],
    [
      { address: "mail", protocol: "smtp" },
      { address: "mail", port: 25, protocol: "smtp" },
    ],
    [
      { address: "db", protocol: "postgresql" },
      { address: "db", port: 5432, protocol: "postgresql" },
    ],
    [
      { address: "db", protocol: "postgresql", port: 6432 },
      { address: "db", port: 6432, protocol: "postgresql" },
    ],
    [
      { address: "10.0.0.7", serverName: "bücher.example" },
      { address: "10.0.0.7", port: 443, protocol: "tls", serverName: "xn--bcher-kva.example" },
    ],
  ])("%j", (given, expected) => {
    expect(parseEndpoint(given, "endpoints[0]")).toEqual(expected);
  });

  it.each<[unknown, string]>([
    [undefined, 'endpoints[1]: nothing is no endpoint. Give { address: "web.example.com", port: 443 }.'],
    ["web.example.com:443", "endpoints[1]: "],
    [{}, "endpoints[1].address: nothing is no address. Give a host name or an IP address."],
    [{ address: 5 }, "endpoints[1].address: 5 is no address."],
    [{ address: "https://a.example" }, 'endpoints[1].address: "https://a.example" is a URL.'],
    [{ address: "a.example:443" }, 'endpoints[1].address: "a.example:443" holds a port.'],
    [{ address: "[::1]" }, 'endpoints[1].address: "[::1]" has brackets.'],
    [{ address: "a b" }, 'endpoints[1].address: "a b" is no valid name.'],
    [{ address: "256.1.1.1" }, 'endpoints[1].address: "256.1.1.1" is no valid name.'],
    [{ address: "127.1" }, 'endpoints[1].address: "127.1" is no valid name.'],
    [{ address: "a..example" }, 'endpoints[1].address: "a..example" is no valid name.'],
    [{ address: "a", port: 0 }, "endpoints[1].port: 0 is no TCP port. Give a whole number from 1 to 65535."],
    [{ address: "a", port: 65_536 }, "endpoints[1].port: 65536 is no TCP port."],
    [{ address: "a", port: "443" }, 'endpoints[1].port: "443" is no TCP port.'],
    [{ address: "a", port: 4.5 }, "endpoints[1].port: 4.5 is no TCP port."],
    [
      { address: "a", protocol: "imap" },
      'endpoints[1].protocol: "imap" is not known. Give one of tls, smtp, postgresql.',
    ],
    [{ address: "a", serverName: "10.0.0.7" }, 'endpoints[1].serverName: "10.0.0.7" is an IP address'],
    [{ address: "a", serverName: "*.example" }, 'endpoints[1].serverName: "*.example" is no valid name.'],
    [{ address: "a", serverName: "" }, 'endpoints[1].serverName: "" is no DNS name.'],
    [{ address: "a", from: "edge-1" }, "endpoints[1].from: these endpoints are asked from this machine alone."],
    [{ host: "a" }, "endpoints[1].host: unknown property. An endpoint has address, port, serverName, protocol, from."],
  ])("refuses %j", (given, message) => {
    expect(() => parseEndpoint(given, "endpoints[1]")).toThrow(message);
  });

  it("writes an IPv6 address with brackets", () => {
    expect(endpointName({ address: "::1", port: 443 })).toBe("[::1]:443");
    expect(endpointName({ address: "a.example", port: 443 })).toBe("a.example:443");
  });
});

describe("serverNameOf", () => {
  const nameFor = (address: string, dnsNames: string[], serverName?: string): string | undefined =>
    serverNameOf(parseEndpoint({ address, serverName }, "e"), dnsNames, "endpoints[0]");

  it.each([
    ["10.0.0.7", ["a.example", "b.example"], undefined, "a.example"],
    ["lb.example", ["a.example"], undefined, "a.example"],
    ["10.0.0.7", ["a.example"], "b.example", "b.example"],
    ["10.0.0.7", ["*.example", "a.example"], undefined, "a.example"],
    ["www.apps.example", ["*.apps.example"], undefined, "www.apps.example"],
    ["10.0.0.7", ["bücher.example"], undefined, "xn--bcher-kva.example"],
    ["10.0.0.7", [], undefined, undefined],
    ["lb.example", [], undefined, "lb.example"],
  ])("at %s with names %j and serverName %s it is %s", (address, dnsNames, serverName, expected) => {
    expect(nameFor(address, dnsNames, serverName)).toBe(expected);
  });

  it.each(["10.0.0.7", "a.b.apps.example", "apps.example"])("%s needs a serverName for a wildcard alone", (address) => {
    expect(() => nameFor(address, ["*.apps.example"])).toThrow(
      'endpoints[0].serverName: the certificate has only wildcard names (*.apps.example), and a wildcard cannot be sent as the server name. Give a name that it covers, such as "www.apps.example".',
    );
  });
});
