import { X509Certificate } from "node:crypto";
import { endSessions } from "../../../sdk/targets/f5/session";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { F5Server } from "../f5Server";
import { certificatesSentTo } from "../opensslClient";
import type { Refusable, TargetFixture, TestTarget } from "./fixture";

/** A target with a profile and a virtual server of its own, on a BIG-IP that the targets of a test file share. */
export interface F5TestTarget extends TestTarget {
  readonly bigIp: F5Server;
  /** Of the virtual server. */
  readonly port: number;
  readonly profile: string;
}

export interface F5Fixture extends TargetFixture {
  create(): Promise<F5TestTarget>;
  end(): Promise<void>;
}

let running: Promise<F5Server> | undefined;
let started: F5Server | undefined;
let count = 0;

export const f5Fixture: F5Fixture = {
  kind: kindOfTarget({ kind: "f5" }, "target"),
  refusable: ["checkStaged", "reload"],
  create: async () => {
    const bigIp = await (running ??= F5Server.start());
    started = bigIp;
    return createF5Target(bigIp);
  },
  end: async () => {
    await endSessions();
    await (await running)?.stop();
    running = undefined;
  },
  get unwritable() {
    return { ...accessTo(started), clientSslProfile: "/Common/nowhere" };
  },
};

function accessTo(bigIp: F5Server | undefined): Record<string, unknown> {
  return { kind: "f5", address: bigIp?.address, caBundlePem: bigIp?.caBundlePem, ...bigIp?.credentials };
}

async function createF5Target(bigIp: F5Server): Promise<F5TestTarget> {
  count += 1;
  const name = `clientssl-${String(count)}`;
  const profile = `/Common/${name}`;
  const group = `/Common/pulumi-certificates.${name}`;
  const port = await bigIp.addVirtual(profile);
  let refused: Refusable | undefined;
  const forget = bigIp.intercept(({ method, path, body }) => {
    if (method !== "PATCH" || !path.startsWith("/mgmt/tm/transaction/")) return undefined;
    const isCheck = body.includes('"validateOnly":true');
    if (refused === undefined || isCheck !== (refused === "checkStaged")) return undefined;
    const message = `transaction failed:01070734:3: Configuration error: ${refused} says no`;
    return { status: 400, json: { code: 400, message, errorStack: [], apiError: 2 } };
  });
  const records = (): Map<string, string> =>
    new Map(bigIp.configuration.dataGroups.get(group)?.records.map((one) => [one.name, one.data ?? ""]) ?? []);
  const objects = (): string[] =>
    [...bigIp.configuration.certs.keys(), ...bigIp.configuration.keys.keys()].filter((object) =>
      object.startsWith(`${profile}-`),
    );
  return {
    bigIp,
    port,
    profile,
    args: { ...accessTo(bigIp), clientSslProfile: profile, onDelete: "remove" },
    served: async () => {
      const [sent] = await certificatesSentTo(port, "1.3", "web.example.com");
      return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
    },
    stored: () => {
      const current = new URLSearchParams(records().get(`revision/${records().get("current") ?? ""}`) ?? "");
      return bigIp.fingerprintOf(current.get("cert") ?? "");
    },
    reloads: () => bigIp.commits.get(profile) ?? 0,
    refuse: (command) => {
      refused = command;
    },
    damage: () =>
      bigIp.change({
        method: "PATCH",
        collection: "ltm/profile/client-ssl",
        object: profile,
        body: { certKeyChain: [{ name: "by-hand", cert: "/Common/default.crt", key: "/Common/default.key" }] },
      }),
    traces: () => ({
      profile: bigIp.configuration.profiles.get(profile),
      records: [...records()],
      objects: objects().map((object) => [object, bigIp.configuration.certs.get(object)?.createTime]),
    }),
    leftovers: () => {
      const kept = ["current", "confirmed", "previous"].flatMap((name) => {
        const id = records().get(name);
        const revision = new URLSearchParams(id === undefined ? "" : records().get(`revision/${id}`));
        return ["cert", "key", "chain"].map((field) => revision.get(field));
      });
      return [...objects().filter((object) => !kept.includes(object)), ...bigIp.uploads.names];
    },
    left: () => objects().length > 0 || records().size > 0 || bigIp.entries(profile)[0]?.name === name,
    remove: forget,
  };
}
