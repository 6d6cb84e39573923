import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOfTarget } from "../../../sdk/targets/registry";
import type { Material } from "../../../sdk/targets/target";
import { needs } from "../requirements";
import { createTestCa, issueTestCertificate } from "../testCertificates";
import { leftoversIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";
import type { TestMaterial } from "./material";
import { TestCommands } from "./testCommands";

/** The trust store of a Debian system in folders of its own, kept by the real update-ca-certificates. */
export interface TrustStoreTestTarget extends TestTarget {
  /** What an administrator added. */
  readonly anchors: string;
  /** What the update made of it: a link for each root, and the bundle. */
  readonly certificates: string;
  readonly bundle: string;
  /** Whether OpenSSL verifies a certificate with the bundle alone, and with the links alone. */
  trusts(material: Material): { readonly byBundle: boolean; readonly byLinks: boolean };
}

export interface TrustStoreFixture extends TargetFixture {
  create(): Promise<TrustStoreTestTarget>;
  material(rootName?: string): Promise<TestMaterial>;
}

/** Every certificate that {@link materialOfOwnRoot} made. */
export const known: TestMaterial[] = [];

/** A certificate from a root of its own. */
export async function materialOfOwnRoot(rootName = "Root"): Promise<TestMaterial> {
  const root = await createTestCa(rootName);
  const { rootPem, ...issued } = await issueTestCertificate(root, { commonName: "web.example.com" });
  const material = { ...issued, trustBundlePem: rootPem, dnsNames: ["web.example.com"] };
  known.push(material);
  return material;
}

const rootsWithin = (material: TestMaterial, pem: string): boolean =>
  pem.includes((material.trustBundlePem ?? "").trim());

export const trustStoreFixture: TrustStoreFixture = {
  kind: kindOfTarget({ kind: "trustStore" }, "target"),
  needs: "update-ca-certificates",
  refusable: ["reload"],
  create: createTrustStoreTarget,
  material: materialOfOwnRoot,
  unwritable: {
    kind: "trustStore",
    name: "example",
    system: {
      anchors: "/etc/passwd/anchors",
      bundle: "/etc/passwd/bundle.pem",
      update: ["/bin/true"],
      revisions: "/etc/passwd/revisions",
    },
  },
};

/** As in a system, the distribution has roots, too: without any, an update leaves the bundle as it is. */
async function createTrustStoreTarget(): Promise<TrustStoreTestTarget> {
  const base = mkdtempSync(join(tmpdir(), "trust-store-"));
  const folder = (name: string): string => {
    mkdirSync(join(base, name));
    return join(base, name);
  };
  const [anchors, certificates, hooks, distributed] = ["anchors", "certs", "hooks", "distributed"].map(folder) as [
    string,
    string,
    string,
    string,
  ];
  const [configuration, revisions] = [join(base, "ca-certificates.conf"), join(base, "state", "trust-stores")];
  const bundle = join(certificates, "ca-certificates.crt");
  const directory = join(revisions, "example");
  const commands = new TestCommands(base);
  const update = (name: string, ...options: string[]): string[] =>
    commands.script(
      name,
      commands.refusal("reload"),
      [
        `'${needs("update-ca-certificates").program}' --localcertsdir '${anchors}' --etccertsdir '${certificates}'`,
        `--certsconf '${configuration}' --certsdir '${distributed}' --hooksdir '${hooks}'`,
        ...options,
      ].join(" "),
      `echo . >>'${commands.log}'`,
    );
  writeFileSync(join(distributed, "distribution.crt"), (await createTestCa("Distribution")).rootPem);
  writeFileSync(configuration, "distribution.crt\n");
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const only = (pem: string): string | undefined => {
    const found = known.filter((material) => rootsWithin(material, pem));
    if (found.length > 1) throw new Error("The roots of two certificates are there.");
    return found[0]?.fingerprintSha256;
  };
  const trusts = (material: Material): { byBundle: boolean; byLinks: boolean } => ({
    byBundle: verifies(material, ["-CAfile", bundle, "-no-CApath"]),
    byLinks: verifies(material, ["-CApath", certificates, "-no-CAfile"]),
  });
  return {
    anchors,
    certificates,
    bundle,
    trusts,
    args: {
      kind: "trustStore",
      name: "example",
      system: {
        anchors,
        bundle,
        revisions,
        update: update("update"),
        updateAfterRemoval: update("fresh", "--fresh"),
      },
      onDelete: "remove",
    },
    served: () => {
      const found = known.filter((material) => trusts(material).byBundle || trusts(material).byLinks);
      if (found.length > 1) throw new Error("The roots of two certificates are trusted.");
      return found[0]?.fingerprintSha256;
    },
    stored: () => only(read(join(directory, "roots.pem"))),
    reloads: () => commands.reloads(),
    refuse: (command) => commands.refuse(command),
    damage: () => {
      for (const name of readdirSync(anchors)) rmSync(join(anchors, name));
    },
    traces: () => [tracesOf(directory), tracesOf(anchors), tracesOf(certificates)],
    leftovers: () => [...leftoversIn(directory), ...readdirSync(anchors).filter((name) => !name.endsWith(".crt"))],
    left: () =>
      existsSync(join(base, "state")) ||
      readdirSync(anchors).length > 0 ||
      known.some((material) => rootsWithin(material, read(bundle))),
    remove: () => rmSync(base, { recursive: true }),
  };
}

function verifies({ certificatePem }: Material, options: readonly string[]): boolean {
  const { status, error } = spawnSync("openssl", ["verify", "-no-CAstore", ...options], { input: certificatePem });
  if (error !== undefined) throw error;
  return status === 0;
}
