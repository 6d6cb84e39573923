import { Resolver } from "node:dns/promises";
import { powerDns, powerDnsSolver } from "../../../sdk/solvers/powerDns";
import { startPowerDns } from "../powerDnsServer";
import { needs } from "../requirements";
import type { SolverFixture } from "./fixture";
import { textWatch } from "./textWatch";

/** What is wrong for every service that is an HTTP server of one's own. */
export const invalidSelfHosted: SolverFixture["invalid"] = [
  [{ url: undefined }, "url"],
  [{ url: "dns.example.com" }, "url"],
  [{ url: "http://dns.example.com" }, "url"],
  [{ url: "https://user:password@dns.example.com" }, "url"],
  [{ url: "http://user:password@dns.example.com", allowPlainHttp: true }, "url"],
  [{ allowPlainHttp: 1 }, "allowPlainHttp"],
  [{ caBundlePem: "no certificate" }, "caBundlePem"],
  [{ resolvers: ["dns.example.com"] }, "resolvers[0]"],
];

/** Over a real PowerDNS. */
export const powerDnsFixture: SolverFixture = {
  kind: powerDnsSolver,
  slot: "dns01",
  needs: "pdns_server",
  async create() {
    const server = await startPowerDns(needs("pdns_server").program, ["example.com"]);
    const resolver = new Resolver();
    resolver.setServers([server.address]);
    const dns = { resolvers: [server.address], nameServers: [server.address] };
    return {
      args: { ...powerDns({ url: server.url, apiKey: server.apiKey, ...dns }) },
      name: "web.example.com",
      ...textWatch(resolver),
      async close() {
        resolver.cancel();
        await server.stop();
      },
    };
  },
  invalid: [
    ...invalidSelfHosted,
    [{ apiKey: "" }, "apiKey"],
    [{ apiKey: "key\n" }, "apiKey"],
    [{ serverId: 7 }, "serverId"],
  ],
};
