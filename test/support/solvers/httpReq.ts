import { httpReq, httpReqSolver } from "../../../sdk/solvers/httpReq";
import type { SolverFixture } from "./fixture";
import { startHttpReq } from "./httpReqStandIn";
import { invalidSelfHosted } from "./powerDns";
import { startZoneServer } from "./zoneServer";

const fixture = (mode: "default" | "raw"): SolverFixture => ({
  kind: httpReqSolver,
  variant: `in the mode ${mode}`,
  slot: "dns01",
  async create() {
    const service = await startHttpReq(mode);
    const { url, username, password } = service;
    const server = await startZoneServer(["example.com"], service.values, 1);
    const dns = { resolvers: [server.address], nameServers: [server.address] };
    return {
      args: { ...httpReq({ url, mode, username, password, ...dns }) },
      name: "web.example.com",
      answers: async ({ identifier, digest }) => service.values(`_acme-challenge.${identifier.value}`).includes(digest),
      leftovers: async () => [...service.all()],
      async close() {
        await server.close();
        await service.close();
      },
    };
  },
  invalid: [
    ...invalidSelfHosted,
    [{ mode: "RAW" }, "mode"],
    [{ username: undefined }, "username"],
    [{ username: "a:b" }, "username"],
    [{ password: 7 }, "password"],
  ],
});

export const httpReqFixtures = (["default", "raw"] as const).map(fixture);
