import { createHash, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { type KeystoreServer, startKeystoreServer } from "../keystoreServer";
import { closedPort } from "../openServers";
import { certificatesSentTo } from "../opensslClient";
import { needs } from "../requirements";
import { leftoversIn, tracesOf } from "./files";
import type { TargetFixture, TestTarget } from "./fixture";
import { TestCommands } from "./testCommands";

/** A target whose keystore a server in Java reads when it is told to; the first time starts it. */
export interface KeystoreTestTarget extends TestTarget {
  readonly port: number;
  readonly path: string;
  /** The real keytool, and its command lines, a line each. */
  readonly keytool: string;
  readonly keytoolLog: string;
}

export interface KeystoreFixture extends TargetFixture {
  create(): Promise<KeystoreTestTarget>;
  end(): Promise<void>;
}

const password = "correct horse battery staple";

/** One virtual machine for all targets of a test file. */
let running: Promise<KeystoreServer> | undefined;

export const javaKeystoreFixture: KeystoreFixture = {
  kind: kindOfTarget({ kind: "javaKeystore" }, "target"),
  needs: "javac",
  refusable: ["checkStaged", "check", "reload"],
  create: async () => createKeystoreTarget(await (running ??= startKeystoreServer())),
  end: async () => {
    await (await running)?.stop();
    running = undefined;
  },
  unwritable: { kind: "javaKeystore", path: "/etc/passwd/tls/web.p12", password },
};

async function createKeystoreTarget(server: KeystoreServer): Promise<KeystoreTestTarget> {
  const base = mkdtempSync(join(tmpdir(), "keystore-target-"));
  const directory = join(base, "tls");
  const path = join(directory, "web.p12");
  const port = await closedPort();
  const commands = new TestCommands(base);
  const tell = postingScript(base, server.reloadUrl(port), `${path}\n${password}`);
  return {
    port,
    path,
    keytool: realKeytoolIn(commands),
    keytoolLog: `${commands.log}-keytool`,
    args: {
      kind: "javaKeystore",
      path,
      password,
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
      const [sent] = await certificatesSentTo(port, "1.3", "web.example.com");
      return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
    },
    stored: () => keystoreAt(path),
    reloads: () => commands.reloads(),
    refuse: (command) => commands.refuse(command),
    damage: () => writeFileSync(path, "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
    remove: () => rmSync(base, { recursive: true }),
  };
}

/** In the place of keytool, which takes its time: it can refuse, and else says what keytool says of roots. */
export function keytoolIn(commands: TestCommands): string | undefined {
  return commands.script("keytool", commands.refusal("checkStaged"), "cat >/dev/null", "echo trustedCertEntry")[0];
}

/** The real one, started as quickly as it can be; it notes its command lines. */
export function realKeytoolIn(commands: TestCommands): string {
  const quick = "-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC";
  const [path = ""] = commands.script(
    "real-keytool",
    `echo "$@" >>'${commands.log}-keytool'`,
    `exec '${needs("keytool").program}' ${quick} "$@"`,
  );
  return path;
}

/** A script that posts a text and fails if the answer is no success. */
export function postingScript(base: string, url: string, text: string): string {
  const [script, body] = [join(base, "post.mjs"), join(base, "body")];
  writeFileSync(body, text);
  writeFileSync(
    script,
    `import { readFileSync } from "node:fs";
const answer = await fetch("${url}", { method: "POST", body: readFileSync("${body}") });
if (!answer.ok) throw new Error(await answer.text());
`,
  );
  return script;
}

/** The fingerprint of the certificate in a keystore; fails if another key or another password is its own. */
function keystoreAt(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  createSecureContext({ pfx: readFileSync(path), passphrase: password });
  const input = `${password}\n`;
  const source = ["pkcs12", "-in", path, "-passin", "stdin", "-nokeys", "-clcerts"];
  const pem = execFileSync("openssl", source, { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  return createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");
}
