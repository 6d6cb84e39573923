import { X509Certificate } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { obtainCertificate } from "../../../sdk/acme/order";
import { prover } from "../../../sdk/solvers/prove";
import { rfc2136 } from "../../../sdk/solvers/rfc2136";
import { parseSolvers } from "../../../sdk/solvers/select";
import { registeredClient, requestFor } from "../../support/acmeOrders";
import { type Bind, startBind } from "../../support/bind";
import { findProgram } from "../../support/program";
import { type Pebble, startPebble } from "../../support/pebble";
import { needs } from "../../support/requirements";
import { RunningServers } from "../../support/runningServers";

const secret = Buffer.alloc(32, 5).toString("base64");

needs("named").describe("dns-01 by rfc2136, really validated: Pebble asks the BIND that was updated", () => {
  const servers = new RunningServers();
  const resolver = new Resolver();
  let bind: Bind;
  let pebble: Pebble;

  beforeAll(async () => {
    const keys = [{ name: "acme", algorithm: "hmac-sha512", secret } as const];
    const records = ["_acme-challenge.alias CNAME alias.acme"];
    const zones = [{ name: "example.test", records }];
    bind = await servers.add(startBind(findProgram("named") ?? "", zones, keys));
    pebble = await servers.add(startPebble({ validationDns: bind.address }));
    resolver.setServers([bind.address]);
  });
  afterAll(() => resolver.cancel());

  const context = { signal: new AbortController().signal, report: () => undefined };
  const solvers = (key = secret) => {
    const dns = { resolvers: [bind.address], nameServers: [bind.address] };
    const dns01 = rfc2136({ server: bind.address, keyName: "acme", key, algorithm: "hmac-sha512", ...dns });
    return parseSolvers([{ dnsZones: ["example.test"], dns01 }], "solvers");
  };
  const textsAt = (name: string): Promise<string[][]> => resolver.resolveTxt(name).catch(() => []);

  test("a name with its wildcard, whose values share one record, and one behind a CNAME record", async () => {
    const names = ["example.test", "*.example.test", "alias.example.test", "a.b.example.test"];
    const placed: string[] = [];
    const ordered = await obtainCertificate(await registeredClient(pebble), await requestFor(...names), {
      placed: ({ url }) => void placed.push(url),
      prove: prover(solvers(), context),
    });
    const { subjectAltName } = new X509Certificate(ordered.certificatePem);
    for (const name of names) expect(subjectAltName).toContain(`DNS:${name}`);
    expect(placed).toHaveLength(1);
    const left = ["_acme-challenge.example.test", "alias.acme.example.test", "_acme-challenge.a.b.example.test"];
    expect(await Promise.all(left.map(textsAt))).toEqual([[], [], []]);
  });

  test("two certificates for the same name at the same time", async () => {
    const order = async (): Promise<string> => {
      const hooks = { placed: () => undefined, prove: prover(solvers(), context) };
      const client = await registeredClient(pebble);
      return (await obtainCertificate(client, await requestFor("twice.example.test"), hooks)).certificatePem;
    };
    const certificates = await Promise.all([order(), order(), order()]);
    expect(new Set(certificates.map((pem) => new X509Certificate(pem).serialNumber)).size).toBe(3);
    expect(await textsAt("_acme-challenge.twice.example.test")).toEqual([]);
  });

  test("with a wrong key no challenge is answered, and the message names the key and not its secret", async () => {
    const wrong = Buffer.alloc(32, 6).toString("base64");
    const hooks = { placed: () => undefined, prove: prover(solvers(wrong), context) };
    const order = obtainCertificate(await registeredClient(pebble), await requestFor("w.example.test"), hooks);
    await expect(order).rejects.toThrow(/does not accept the signature made with the key "acme".*BADSIG/s);
    expect(String(await order.catch((error: unknown) => error))).not.toContain(wrong);
  });
});
