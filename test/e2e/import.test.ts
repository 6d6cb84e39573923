import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { certbotLineage, opensslCa } from "../support/certbotFolder";
import { createStack } from "../support/engine";
import { repository } from "../support/provide";

const count = 50;
let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "import-"))));
afterAll(() => rmSync(folder, { recursive: true }));

test("50 certificates of a certbot folder are one command and one up, with nothing issued", async () => {
  const root = join(folder, "letsencrypt");
  const ca = opensslCa(join(folder, "ca"));
  const names = Array.from({ length: count }, (_, at) => `site${at}.example.com`);
  for (const name of names) {
    const renewal = ["authenticator = webroot", "server = https://acme.example/directory", "autorenew = False"];
    certbotLineage(root, ca, name, { names: [name, `www.${name}`], renewal });
  }
  const program = join(folder, "adopted.ts");
  const command = [join(repository, "dist", "cli", "index.js"), "import", "certbot", root, "--out", program];
  const printed = execFileSync(process.execPath, [...command, "--issuer", "selfSigned()"], { encoding: "utf8" });
  expect(printed).toContain(`${count} certificates to take over.`);

  const { outputText } = ts.transpileModule(readFileSync(program, "utf8"), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const stack = await createStack({ program: outputText });
  await stack.up();

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
  await stack.preview({ args: ["--expect-no-changes"] });
});

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
