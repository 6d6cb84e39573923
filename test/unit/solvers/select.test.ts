import fc from "fast-check";
import { assertProvable, parseSolvers, solversFor } from "../../../sdk/solvers/select";
import { exec } from "../../../sdk/solvers/exec";
import { persistentRecord } from "../../../sdk/solvers/persistentRecord";
import { standalone } from "../../../sdk/solvers/standalone";
import { webroot } from "../../../sdk/solvers/webroot";

const http01 = standalone();
const dns01 = exec({ style: "lego", command: ["/bin/true"] });
const tlsAlpn01 = standalone({ port: 8443 });
const chosen = (solvers: object[], name: string, offered?: Parameters<typeof solversFor>[3]): string[] => {
  const wildcard = name.startsWith("*.");
  const type = /^[\d.]+$|:/.test(name) ? "ip" : "dns";
  const identifier = { type, value: name.replace(/^\*\./, "") } as const;
  return solversFor(parseSolvers(solvers, "solvers"), identifier, wildcard, offered).map(({ property }) => property);
};

describe("which solver proves a name", () => {
  const solvers = [
    { http01 },
    { dnsZones: ["example.com"], dns01 },
    { dnsZones: ["eu.example.com", "example.org"], dns01 },
    { dnsNames: ["edge.eu.example.com", "*.shop.example.com"], tlsAlpn01 },
    { dnsNames: ["*.shop.example.com"], dns01 },
    { dnsZones: ["EXAMPLE.com"], http01: webroot({ path: "/srv" }) },
  ];
  test.each([
    ["an exact name before any zone", "edge.eu.example.com", ["solvers[3].tlsAlpn01"]],
    ["the longest zone", "web.eu.example.com", ["solvers[2].dns01"]],
    ["the zone's own name", "eu.example.com", ["solvers[2].dns01"]],
    ["equally specific ones in their order", "example.com", ["solvers[1].dns01", "solvers[5].http01"]],
    ["one without a selector for everything else", "example.net", ["solvers[0].http01"]],
    ["no zone by a part of a label", "notexample.com", ["solvers[0].http01"]],
    ["no solver that cannot prove a wildcard", "*.example.com", ["solvers[1].dns01"]],
    ["an exact wildcard", "*.shop.example.com", ["solvers[4].dns01"]],
    ["a wildcard is no match for a name below it", "a.shop.example.com", ["solvers[1].dns01", "solvers[5].http01"]],
    ["an address only where there is no selector", "192.0.2.1", ["solvers[0].http01"]],
    ["nothing for a wildcard that nothing can prove", "*.example.net", []],
  ])("%s: %s", (_title, name, expected) => {
    expect(chosen(solvers, name)).toEqual(expected);
  });

  test("a less specific one where the CA does not offer what the most specific one answers", () => {
    expect(chosen(solvers, "edge.eu.example.com", ["dns-01", "http-01"])).toEqual(["solvers[2].dns01"]);
    expect(chosen(solvers, "example.com", ["http-01"])).toEqual(["solvers[5].http01"]);
    expect(chosen(solvers, "example.com", ["tls-alpn-01"])).toEqual([]);
  });

  test("never one whose selector does not select the name, and never a less specific one before a match", () => {
    const labels = fc.constantFrom("a", "b", "c");
    const names = fc.array(labels, { minLength: 1, maxLength: 3 }).map((parts) => [...parts, "test"].join("."));
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 5 }), names, (zones, name) => {
        const found = chosen(
          zones.map((zone) => ({ dnsZones: [zone], dns01 })),
          name,
        );
        const covering = zones.filter((zone) => `.${name}`.endsWith(`.${zone}`));
        const longest = Math.max(...covering.map((zone) => zone.length));
        const expected = zones.flatMap((zone, at) =>
          covering.includes(zone) && zone.length === longest ? [`solvers[${at}].dns01`] : [],
        );
        expect(found).toEqual(expected);
      }),
    );
  });
});

describe("what no solver can prove is refused, naming the name and the fix", () => {
  const refusal = (solvers: object[], dnsNames: string[], ips: string[] = []) => {
    try {
      assertProvable(parseSolvers(solvers, "solvers"), dnsNames, ips);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test("a wildcard by http-01 and tls-alpn-01", () => {
    const error = refusal([{ http01 }, { tlsAlpn01 }], ["example.com", "*.example.com"]);
    expect(error).toMatchObject({ code: "InvalidArgument", property: "dnsNames[1]" });
    expect(String(error)).toContain("*.example.com is a wildcard, which http-01 and tls-alpn-01 cannot prove");
    expect(String(error)).toContain('{ dnsZones: ["example.com"], dns01: … }');
  });

  test("an address by dns-01", () => {
    const error = refusal([{ dns01 }, { dnsPersist01: persistentRecord() }], ["example.com"], ["192.0.2.1"]);
    expect(error).toMatchObject({ code: "InvalidArgument", property: "ipAddresses[0]" });
    expect(String(error)).toMatch(/192\.0\.2\.1 is an IP address, which dns-01 and dns-persist-01 cannot prove/);
    expect(String(error)).toContain("{ http01: … } or { tlsAlpn01: … } without a selector");
  });

  test("an address where every solver is for certain names", () => {
    const error = refusal([{ dnsZones: ["example.com"], http01 }], [], ["192.0.2.1"]);
    expect(String(error)).toContain("192.0.2.1: no solver of the account is for it; those with dnsNames or dnsZones");
  });

  test("a name that no solver is for", () => {
    const solvers = [
      { dnsZones: ["example.com"], dns01 },
      { dnsNames: ["a.example.org"], http01 },
    ];
    const error = refusal(solvers, ["web.example.com", "b.example.org"]);
    expect(error).toMatchObject({ code: "InvalidArgument", property: "dnsNames[1]" });
    expect(String(error)).toMatch(
      /b\.example\.org: no solver .* for example\.com and below; a\.example\.org\. Add one/,
    );
    expect(String(refusal([], ["example.com"]))).toContain("example.com: the account has no solvers.");
  });

  test("everything else is accepted", () => {
    const solvers = [{ http01 }, { dnsZones: ["example.com"], dns01 }];
    expect(refusal(solvers, ["*.example.com", "a.example.net"], ["192.0.2.1", "2001:db8::1"])).toBeUndefined();
  });
});

describe("a list of solvers that can never work is refused with its path", () => {
  test.each([
    ["no list", { http01 }, "solvers"],
    ["no object", ["http01"], "solvers[0]"],
    ["no challenge", [{ dnsZones: ["example.com"] }], "solvers[0]"],
    ["two challenges", [{ http01, dns01 }], "solvers[0]"],
    ["a factory's result without a challenge", [{ http01 }, dns01], "solvers[1]"],
    ["an unknown challenge", [{ http02: http01 }], "solvers[0].http02"],
    ["a kind in a wrong place", [{ dns01: http01 }], "solvers[0].dns01"],
    ["a wrong property of the kind", [{ http01: { ...http01, port: 0 } }], "solvers[0].http01.port"],
    ["an empty selector", [{ dnsNames: [], http01 }], "solvers[0].dnsNames"],
    ["a zone as wildcard", [{ dnsZones: ["*.example.com"], dns01 }], "solvers[0].dnsZones[0]"],
    ["a malformed name", [{ dnsNames: ["a.example.com", "a..com"], dns01 }], "solvers[0].dnsNames[1]"],
    ["an address as name", [{ dnsNames: ["192.0.2.1"], http01 }], "solvers[0].dnsNames[0]"],
    ["a name that is no text", [{ dnsNames: [7], http01 }], "solvers[0].dnsNames[0]"],
  ])("%s", (_title, value, property) => {
    expect(() => parseSolvers(value, "solvers")).toThrow(
      expect.objectContaining({ code: "InvalidArgument", property }),
    );
  });

  test("a factory's result without a challenge is told where to stand", () => {
    expect(() => parseSolvers([http01], "solvers")).toThrow(/\{ http01: standalone\(\{ … \}\) \}/);
  });

  test("names are compared in their canonical form", () => {
    expect(chosen([{ dnsZones: ["BÜCHER.example"], dns01 }], "shop.xn--bcher-kva.example")).toHaveLength(1);
  });
});
