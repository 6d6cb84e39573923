import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { type KeystoreServer, startKeystoreServer } from "../keystoreServer";
import { leftoversIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";
import { keytoolIn, postingScript } from "./javaKeystore";
import { TestCommands } from "./testCommands";
import { known, materialOfOwnRoot } from "./trustStore";

/** One virtual machine for all targets of a test file. */
let running: Promise<KeystoreServer> | undefined;

/** Its client is given no password, as programs are that use `-Djavax.net.ssl.trustStore` alone. */
export const javaTrustStoreFixture: TargetFixture = {
  kind: kindOfTarget({ kind: "javaTrustStore" }, "target"),
  needs: "javac",
  refusable: ["checkStaged", "check", "reload"],
  create: async () => createTrustStoreTarget(await (running ??= startKeystoreServer())),
  material: materialOfOwnRoot,
  end: async () => {
    await (await running)?.stop();
    running = undefined;
  },
  unwritable: { kind: "javaTrustStore", path: "/etc/passwd/tls/trust.p12" },
};

function createTrustStoreTarget(server: KeystoreServer): TestTarget {
  const base = mkdtempSync(join(tmpdir(), "java-trust-"));
  const directory = join(base, "tls");
  const path = join(directory, "trust.p12");
  const client = basename(base);
  const commands = new TestCommands(base);
  const tell = postingScript(base, server.trustUrl(client), path);
  return {
    args: {
      kind: "javaTrustStore",
      path,
      keytool: keytoolIn(commands),
      check: commands.script("check", commands.refusal("check"), `test -s '${path}'`),
      reload: commands.script(
        "reload",
        commands.refusal("reload"),
        `'${process.execPath}' '${tell}'`,
        `echo . >>'${commands.log}'`,
      ),
      onDelete: "remove",
    },
    served: async () => {
      const found: string[] = [];
      for (const { fullChainPem, fingerprintSha256 } of known)
        if (await server.trusts(client, fullChainPem)) found.push(fingerprintSha256);
      if (found.length > 1) throw new Error("The roots of two certificates are trusted.");
      return found[0];
    },
    stored: () => {
      const pem = existsSync(path) ? rootsIn(path) : "";
      return known.find(({ trustBundlePem = "" }) => pem.includes(trustBundlePem.trim()))?.fingerprintSha256;
    },
    reloads: () => commands.reloads(),
    refuse: (command) => commands.refuse(command),
    damage: () => writeFileSync(path, "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    remove: () => rmSync(base, { recursive: true }),
  };
}

/** The certificates in a trust store that has no password. */
function rootsIn(path: string): string {
  const source = ["pkcs12", "-in", path, "-passin", "pass:", "-nokeys", "-nomacver"];
  return execFileSync("openssl", source, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
