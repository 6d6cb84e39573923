import { Resolver } from "node:dns/promises";
import { persistentRecord } from "../../../sdk/solvers/persistentRecord";
import { kindOfSolver } from "../../../sdk/solvers/registry";
import type { SolverFixture } from "./fixture";
import { startZoneServer } from "./zoneServer";

export const persistentRecordFixture: SolverFixture = {
  kind: kindOfSolver("dnsPersist01", persistentRecord(), "solver"),
  slot: "dnsPersist01",
  permanent: true,
  async create() {
    const value = "ca.example; accounturi=https://ca.example/account/1; policy=wildcard";
    const server = await startZoneServer(["example.com"], (name) =>
      name.startsWith("_validation-persist.") ? [value] : [],
    );
    const resolver = new Resolver();
    resolver.setServers([server.address]);
    return {
      args: { ...persistentRecord({ resolvers: [server.address], nameServers: [server.address] }) },
      name: "web.example.com",
      async answers({ identifier }) {
        return (await resolver.resolveTxt(`_validation-persist.${identifier.value}`)).flat().includes(value);
      },
      leftovers: async () => [],
      async close() {
        resolver.cancel();
        await server.close();
      },
    };
  },
  invalid: [
    [{ resolvers: [] }, "resolvers"],
    [{ nameServers: ["ns.example.com"] }, "nameServers[0]"],
    [{ checkPropagation: "no" }, "checkPropagation"],
  ],
};
