import { acmeDns, acmeDnsSolver } from "../../../sdk/solvers/acmeDns";
import { startAcmeDns } from "./acmeDnsStandIn";
import type { SolverFixture } from "./fixture";
import { invalidSelfHosted } from "./powerDns";

export const acmeDnsFixture: SolverFixture = {
  kind: acmeDnsSolver,
  slot: "dns01",
  permanent: true,
  atOnce: 2,
  async create() {
    const service = await startAcmeDns();
    const dns = { resolvers: [service.dns.text], nameServers: [service.dns.text] };
    return {
      args: { ...acmeDns({ url: service.url, ...service.registration, ...dns }) },
      name: "web.example.com",
      answers: async ({ digest }) => service.values().includes(digest),
      leftovers: async () => [],
      close: () => service.close(),
    };
  },
  invalid: [
    ...invalidSelfHosted,
    [{ username: "" }, "username"],
    [{ password: 7 }, "password"],
    [{ subdomain: undefined }, "subdomain"],
    [{ subdomain: "auth.example.org" }, "subdomain"],
  ],
};
