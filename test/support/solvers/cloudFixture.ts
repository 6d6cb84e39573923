import type { AnySolverKind } from "../../../sdk/solvers/registry";
import { type CloudStandIn, foreignZone, standInZones } from "./cloudStandIn";
import type { SolverFixture, TestSolver } from "./fixture";
import { type ZoneServer, startZoneServer } from "./zoneServer";

/** A cloud's stand-in and the name servers that its records come to. */
export interface TestCloud {
  readonly service: CloudStandIn;
  readonly servers: ZoneServer;
  /** What the factory returned, secrets among it, with the name servers of this machine. */
  readonly args: Record<string, unknown>;
  close(): Promise<void>;
}

/** `lag`: queries for a name that find nothing yet. */
export async function startCloud(start: () => Promise<CloudStandIn>, lag = 0): Promise<TestCloud> {
  const service = await start();
  const servers = await startZoneServer([...standInZones, foreignZone], (name) => service.values(name), lag);
  const dns = { resolvers: [servers.address], nameServers: [servers.address] };
  return {
    service,
    servers,
    args: { ...service.args, ...dns },
    async close() {
      await servers.close();
      await service.close();
    },
  };
}

/** The fixture of a cloud for the contract suite: the name servers are really asked. */
export function cloudFixture(
  kind: AnySolverKind,
  start: () => Promise<CloudStandIn>,
  invalid: SolverFixture["invalid"],
): SolverFixture {
  return {
    kind,
    slot: "dns01",
    invalid: [
      [{ endpoint: "api.example.com" }, "endpoint"],
      [{ endpoint: "http://api.example.com" }, "endpoint"],
      [{ endpoint: "https://api.example.com/?x=1" }, "endpoint"],
      [{ resolvers: [] }, "resolvers"],
      [{ propagationTimeout: "soon" }, "propagationTimeout"],
      ...invalid,
    ],
    async create(): Promise<TestSolver> {
      const cloud = await startCloud(start, 1);
      const names = new Set<string>();
      return {
        args: cloud.args,
        name: "web.example.com",
        async answers({ identifier, digest }) {
          const name = `_acme-challenge.${identifier.value}`;
          names.add(name);
          return cloud.service.values(name).includes(digest);
        },
        leftovers: async () => [...names].flatMap((name) => cloud.service.values(name)),
        close: () => cloud.close(),
      };
    },
  };
}
