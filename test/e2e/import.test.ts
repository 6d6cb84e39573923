import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { newKeyPem, registeredClient } from "../support/acmeOrders";
import { certbotAccount, certbotLineage, opensslCa } from "../support/certbotFolder";
import { createStack } from "../support/engine";
import { startPebble } from "../support/pebble";
import { repository } from "../support/provide";
import { needs } from "../support/requirements";
import { RunningServers } from "../support/runningServers";

const count = 50;
const servers = new RunningServers();
let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "import-"))));
afterAll(() => rmSync(folder, { recursive: true }));

needs("pebble").test(
  "50 certificates of a certbot folder and their account are one command and one up, with nothing issued",
  async () => {
    const pebble = await servers.add(startPebble());
    const accountKeyPem = await newKeyPem();
    const accountUrl = await (await registeredClient(pebble, { accountKeyPem })).account.url();
    const known = await pebble.requests();
    const root = join(folder, "letsencrypt");
    const ca = opensslCa(join(folder, "ca"));
    certbotAccount(
      root,
      pebble.directoryUrl,
      "0123456789abcdef",
      createPrivateKey(accountKeyPem).export({ format: "jwk" }),
    );
    const names = Array.from({ length: count }, (_, at) => `site${at}.example.com`);
    for (const name of names) {
      const server = [`server = ${pebble.directoryUrl}`, "account = 0123456789abcdef"];
      const renewal = [...server, "authenticator = webroot", "webroot_path = /var/www,", "autorenew = False"];
      certbotLineage(root, ca, name, { names: [name, `www.${name}`], renewal });
    }
    const program = join(folder, "adopted.ts");
    const cli = (...args: string[]): string =>
      execFileSync(process.execPath, [join(repository, "dist", "cli", "index.js"), ...args], { encoding: "utf8" });
    const printed = cli("import", "certbot", root, "--out", program);
    expect(printed).toContain(`${count} certificates to take over.`);
    const [, keyPath = "", setting = ""] = /account-key (\S+) \| pulumi config set --secret (\S+)/.exec(printed) ?? [];

    const { outputText } = ts.transpileModule(readFileSync(program, "utf8"), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const stack = await createStack({ program: outputText });
    stack.config(setting, cli("account-key", keyPath));
    // The test CA's own endpoint has a private root; a program for a public CA is run as it was written.
    const caFile = join(folder, "pebble.pem");
    writeFileSync(caFile, pebble.caBundlePem);
    const env = { NODE_EXTRA_CA_CERTS: caFile };
    await stack.up({ env });
    const account = await stack.resource("127-0-0-1");
    expect(account).toMatchObject({ accountUrl, status: "valid" });
    // One request finds the account by its key; none makes another one, or an order.
    expect((await pebble.requests()).newAccount).toBe((known.newAccount ?? 0) + 1);
    expect(await pebble.orders()).toBe(0);

    const { deployment } = await stack.exportState();
    const certificates = deployment.resources.filter(({ type }) => type.endsWith(":Certificate"));
    expect(certificates).toHaveLength(count);
    const taken = certificates.map(({ outputs = {}, inputs = {} }) => ({
      fingerprint: outputs["fingerprintSha256"] as string,
      reason: inputs["renewal"].reason as string,
      differences: inputs["adoption"].differences as string[],
    }));
    const running = names.map((name) => {
      const { fingerprint256 } = new X509Certificate(readFileSync(join(root, "live", name, "cert.pem")));
      return fingerprint256.replaceAll(":", "").toLowerCase();
    });
    // Every certificate in the state is one of those that were running: a certificate that was issued would be another.
    expect(taken.map(({ fingerprint }) => fingerprint).sort()).toEqual(running.sort());
    expect(new Set(taken.map(({ reason }) => reason))).toEqual(new Set(["Adopted"]));
    expect(taken.flatMap(({ differences }) => differences)).toEqual([]);

    // Without adopt, as the program says, nothing changes either.
    stack.write(outputText.replace(/adopt: \{[^}]*\},?/g, ""));
    await stack.preview({ args: ["--expect-no-changes"], env });
  },
);

test.each([
  [[], 2, /Usage: pulumi-certificates/],
  [["--help"], 0, /import/],
  [["export"], 2, /"export" is no command/],
  [["import", "--help"], 0, /certbot \[folder\]/],
  [["import", "vault"], 2, /"vault" is no source/],
  [["import", "certbot", "/nowhere"], 2, /has no lineages/],
  [["import", "endpoint", "127.0.0.1:1"], 1, /Nothing to take over/],
])("pulumi-certificates %j ends with %d", (args, code, printed) => {
  const cli = join(repository, "dist", "cli", "index.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8", cwd: folder });
  expect([status, stdout + stderr]).toEqual([code, expect.stringMatching(printed)]);
  expect(stdout + stderr).not.toMatch(/\n {4}at /);
});
