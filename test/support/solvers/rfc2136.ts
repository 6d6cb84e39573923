import { Resolver } from "node:dns/promises";
import { rfc2136, rfc2136Solver } from "../../../sdk/solvers/rfc2136";
import { startBind } from "../bind";
import { needs } from "../requirements";
import type { SolverFixture } from "./fixture";
import { textWatch } from "./textWatch";

const secret = Buffer.alloc(32, 7).toString("base64");

/** Over a real BIND. */
export const rfc2136Fixture: SolverFixture = {
  kind: rfc2136Solver,
  slot: "dns01",
  needs: "named",
  async create() {
    const keys = [{ name: "key", algorithm: "hmac-sha256", secret } as const];
    const bind = await startBind(needs("named").program, [{ name: "example.com" }], keys);
    const resolver = new Resolver();
    resolver.setServers([bind.address]);
    const dns = { resolvers: [bind.address], nameServers: [bind.address] };
    return {
      args: { ...rfc2136({ server: bind.address, keyName: "key", key: secret, ...dns }) },
      name: "web.example.com",
      ...textWatch(resolver),
      async close() {
        resolver.cancel();
        await bind.stop();
      },
    };
  },
  invalid: [
    [{ server: undefined }, "server"],
    [{ server: "ns1.example.com:99999" }, "server"],
    [{ server: "ns 1" }, "server"],
    [{ keyName: undefined }, "keyName"],
    [{ key: "not base64!" }, "key"],
    [{ key: 7 }, "key"],
    [{ algorithm: "hmac-md5" }, "algorithm"],
    [{ zone: "example..com" }, "zone"],
    [{ nameServers: ["ns1.example.com"] }, "nameServers[0]"],
    [{ checkPropagation: "no" }, "checkPropagation"],
  ],
};
