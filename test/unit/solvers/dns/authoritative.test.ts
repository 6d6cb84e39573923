import { findAuthority, findZone, followCname } from "../../../../sdk/solvers/dns/authoritative";
import type { ResourceRecord } from "../../../../sdk/solvers/dns/message";
import { parseDnsArgs } from "../../../../sdk/solvers/dns/options";
import { type DnsServer, records, startDnsServer } from "../../../support/dnsServer";

const context = { signal: new AbortController().signal, report: () => undefined };
const servers: DnsServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

/** A resolver that knows these records; below their zones it says NXDOMAIN with the SOA record of the zone. */
async function resolver(all: readonly ResourceRecord[], code = 0): Promise<string> {
  const server = await startDnsServer(({ name, type }) => {
    const answers = all.filter((record) => record.name === name && record.type === type);
    const zones = all.filter(
      (record) => record.type === 6 && (name === record.name || name.endsWith(`.${record.name}`)),
    );
    const nearest = zones.sort((left, right) => right.name.length - left.name.length).slice(0, 1);
    if (code !== 0) return { responseCode: code };
    return answers.length > 0 ? { answers } : { responseCode: 3, authorities: nearest };
  });
  servers.push(server);
  return server.text;
}

const options = (resolvers: string[], nameServers?: string[]) =>
  parseDnsArgs({ resolvers, ...(nameServers && { nameServers }) }, "dns01");

test("the zone of a name that does not exist, the nearest one", async () => {
  const at = await resolver([records.soa("com"), records.soa("example.com"), records.soa("eu.example.com")]);
  expect(await findZone("_acme-challenge.a.b.example.com", options([at]), context)).toBe("example.com");
  expect(await findZone("_acme-challenge.EU.example.com", options([at]), context)).toBe("eu.example.com");
  await expect(findZone("a.test", options([at]), context)).rejects.toThrow(`No zone was found for a.test at ${at}.`);
});

test("the zone's servers and their addresses", async () => {
  const at = await resolver([
    records.soa("example.com"),
    records.ns("example.com", "ns1.example.com"),
    records.ns("example.com", "ns2.example.com"),
    records.a("ns1.example.com", "192.0.2.1"),
    records.a("ns1.example.com", "192.0.2.2"),
  ]);
  expect(await findAuthority("_acme-challenge.example.com", options([at]), context)).toEqual({
    zone: "example.com",
    servers: [
      {
        name: "ns1.example.com",
        addresses: [
          { address: "192.0.2.1", port: 53 },
          { address: "192.0.2.2", port: 53 },
        ],
      },
      { name: "ns2.example.com", addresses: [] },
    ],
  });
  const named = options([at], ["192.0.2.9:5353"]);
  expect(await findAuthority("_acme-challenge.example.com", named, context)).toMatchObject({
    servers: [{ name: "192.0.2.9:5353", addresses: [{ address: "192.0.2.9", port: 5353 }] }],
  });
});

test("a zone without name servers is told", async () => {
  const at = await resolver([records.soa("example.com")]);
  await expect(findAuthority("a.example.com", options([at]), context)).rejects.toThrow("has no NS records");
});

test("CNAME records are followed through several zones", async () => {
  const at = await resolver([records.cname("_acme-challenge.a.com", "a.b.net"), records.cname("a.b.net", "x.y.org")]);
  expect(await followCname("_acme-challenge.A.com.", options([at]), context)).toBe("x.y.org");
  expect(await followCname("_acme-challenge.other.com", options([at]), context)).toBe("_acme-challenge.other.com");
});

test("CNAME records that go in a circle are told instead of followed for ever", async () => {
  const at = await resolver([records.cname("a.com", "b.com"), records.cname("b.com", "a.com")]);
  await expect(followCname("a.com", options([at]), context)).rejects.toThrow(
    "The CNAME records of a.com go in a circle: a.com → b.com → a.com.",
  );
});

test("a chain of CNAME records that is too long is told", async () => {
  const chain = Array.from({ length: 20 }, (_, at) => records.cname(`n${at}.com`, `n${at + 1}.com`));
  await expect(followCname("n0.com", options([await resolver(chain)]), context)).rejects.toThrow("are more than 10");
});

test("the next resolver is asked when one fails, and all are named when all do", async () => {
  const [bad, good] = [await resolver([], 2), await resolver([records.soa("example.com")])];
  expect(await findZone("example.com", options([bad, good]), context)).toBe("example.com");
  await expect(findZone("example.com", options([bad]), context)).rejects.toThrow(
    `The name example.com could not be looked up: ${bad} answered SERVFAIL.`,
  );
});
