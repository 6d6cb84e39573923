// Brings one certificate's roots after another's to the trust store of this machine, then takes them away. It is for a
// mount namespace in which the machine's files are private copies:
//
//   node -r typescript.cjs trustStoreProcess.ts '[{"certificatePem": …}, …]' /path/of/what/a/hook/noted
//
// After each of these steps it prints as a line of JSON which certificates OpenSSL trusts, how many roots Java's default
// trust store has of the deployment, and how many the hook was told of and not told that they are gone.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { deploy } from "../../../sdk/targets/deploy";
import { localHost } from "../../../sdk/targets/hosts/local";
import type { Material } from "../../../sdk/targets/target";
import { trustStoreTarget } from "../../../sdk/targets/trustStore";

const spec = trustStoreTarget.parse({ kind: "trustStore", name: "example", onDelete: "remove" }, "target");
const context = { host: localHost, instance: { id: "trust-00000001", resource: "project/stack/trust" } };

function trusted(materials: readonly Material[], option: readonly string[]): boolean[] {
  return materials.map(({ certificatePem }) => {
    const { status } = spawnSync("openssl", ["verify", ...option], { input: certificatePem });
    return status === 0;
  });
}

function rootsInJava(): number {
  const cacerts = "/etc/ssl/certs/java/cacerts";
  if (!existsSync(cacerts)) return 0;
  const listing = ["-list", "-keystore", cacerts, "-storepass", "changeit"];
  const output = execFileSync("keytool", listing, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return output.match(/^debian:example-[^,]+,/gm)?.length ?? 0;
}

/** A hook gets lines with the links of roots, after + or -. */
function rootsInHook(noted: string): number {
  const there = new Set<string>();
  for (const [, sign, link = ""] of readFileSync(noted, "utf8").matchAll(/^([+-])(.*\/example-.*\.pem)$/gm)) {
    if (sign === "+") there.add(link);
    else there.delete(link);
  }
  return there.size;
}

async function main(materials: readonly Material[], noted: string): Promise<void> {
  const report = (): void => {
    const byLinks = trusted(materials, ["-CApath", "/etc/ssl/certs", "-no-CAfile"]);
    const byBundle = trusted(materials, ["-CAfile", "/etc/ssl/certs/ca-certificates.crt", "-no-CApath"]);
    process.stdout.write(`${JSON.stringify({ byLinks, byBundle, java: rootsInJava(), hook: rootsInHook(noted) })}\n`);
  };
  await trustStoreTarget.preflight(spec, { host: localHost, resource: context.instance.resource });
  for (const material of materials) {
    await deploy({ kind: trustStoreTarget, spec, wanted: { material }, context });
    report();
  }
  await trustStoreTarget.withdraw(spec, context);
  report();
}

const [, , materials = "[]", noted = ""] = process.argv;
void main(JSON.parse(materials) as Material[], noted);
