import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certbotLineage, opensslCa, type OpensslCa, opensslLeaf } from "../../support/certbotFolder";
import { importPrinted, importReport } from "../../support/runImport";

let folder: string;
let root: string;
let ca: OpensslCa;
let run = 0;
const out = (): string => join(folder, `adopted-${(run += 1)}.ts`);
const webroot = [
  "authenticator = webroot",
  "server = https://acme-v02.api.letsencrypt.org/directory",
  "key_type = ecdsa",
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
  ca = opensslCa(join(folder, "ca"));
  root = join(folder, "letsencrypt");
  certbotLineage(root, ca, "web.example.com", {
    names: ["web.example.com", "www.example.com"],
    renewal: [...webroot, "autorenew = False", "[[webroot_map]]", "web.example.com = /var/www/html"],
  });
  certbotLineage(root, ca, "example.org", { names: ["*.example.org", "example.org"], rsa: true });
  certbotLineage(root, ca, "renewed.example.com", { names: ["renewed.example.com"], renewal: webroot });
  certbotLineage(root, ca, "pinned.example.com", {
    names: ["pinned.example.com"],
    top: ["renew_before_expiry = 20 days"],
    renewal: ["authenticator = dns-cloudflare", "reuse_key = True", "autorenew = no"],
  });
  writeFileSync(join(root, "renewal", "gone.example.com.conf"), "[renewalparams]\nauthenticator = webroot\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a certbot folder becomes one program, with what certbot still renews left out", async () => {
  const program = out();
  const report = await importReport("certbot", root, "--out", program);
  expect(report.code).toBe(0);
  expect(report.imported.map(({ name, authenticator }) => [name, authenticator])).toEqual([
    ["wildcard-example-org", undefined],
    ["pinned-example-com", "dns-cloudflare"],
    ["web-example-com", "webroot"],
  ]);
  expect(report.refused).toEqual([
    { origin: "certbot lineage gone.example.com", reason: expect.stringMatching(/fullchain\.pem is not$/) },
    {
      origin: "certbot lineage renewed.example.com",
      reason: expect.stringMatching(/^certbot still renews it .*renewed\.example\.com\.conf.*--take-over$/),
    },
  ]);
  const text = readFileSync(program, "utf8");
  expect(text).toContain(`  "web-example-com": new Certificate("web-example-com", {
    issuer,
    dnsNames: ["web.example.com", "www.example.com"],
    adopt: {
      certificatePath: "${root}/live/web.example.com/fullchain.pem",
      privateKeyPath: "${root}/live/web.example.com/privkey.pem",
    },
  }),`);
  expect(text).toContain('renewBefore: "20d"');
  expect(text).toContain('privateKey: { rotationPolicy: "never" }');
  expect(text).toContain('algorithm: "RSA-2048"');
  expect(text).toContain("export const adoptCertificates = (issuer: Issuer) => ({");
  expect(text).not.toContain("renewed.example.com");
  expect(text + report.printed).not.toContain("PRIVATE KEY");
});

test("--take-over takes what certbot renews, and says how to stop that", async () => {
  const program = out();
  const { code, printed } = await importPrinted("certbot", root, "--out", program, "--take-over");
  expect(code).toBe(0);
  expect(printed).toContain("4 certificates to take over");
  expect(printed).toMatch(/certbot lineage renewed\.example\.com: Write `autorenew = False`/);
  expect(printed).toContain("webroot (2 certificates) → http01: webroot({ path })");
  expect(readFileSync(program, "utf8")).toContain("certbot renews it too until that is stopped.");
});

test("--issuer stands in the program with its import", async () => {
  const program = out();
  await importReport("certbot", root, "--out", program, "--issuer", "selfSigned()");
  const text = readFileSync(program, "utf8");
  expect(text).toContain('import { Certificate, selfSigned, type Issuer } from "pulumi-certificates";');
  expect(text).toContain("const issuer: Issuer = selfSigned();");
});

test("a program that is there already stays as it is", async () => {
  const program = out();
  writeFileSync(program, "mine");
  await expect(importReport("certbot", root, "--out", program)).rejects.toThrow(/is there already/);
  expect(readFileSync(program, "utf8")).toBe("mine");
});

test("a folder that is none of certbot's is refused", async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  await expect(importReport("certbot", empty, "--out", out())).rejects.toThrow(/has no lineages/);
});

test("a key of another certificate, an expired certificate and a CA are refused with their reasons", async () => {
  const odd = join(folder, "odd");
  for (const name of ["swapped", "fine"]) certbotLineage(odd, ca, name, { names: [`${name}.example.com`] });
  const other = opensslLeaf(ca, { names: ["other.example.com"] });
  writeFileSync(join(odd, "archive", "swapped", "privkey3.pem"), other.privateKeyPem);
  certbotLineage(odd, ca, "missing", { names: ["missing.example.com"] });
  rmSync(join(odd, "archive", "missing", "privkey3.pem"));
  certbotLineage(odd, ca, "broken", { names: ["broken.example.com"] });
  writeFileSync(join(odd, "archive", "broken", "fullchain3.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
  certbotLineage(odd, ca, "authority", { names: ["authority.example.com"] });
  writeFileSync(join(odd, "archive", "authority", "fullchain3.pem"), ca.chainPem);
  const report = await importReport("certbot", odd, "--out", out());
  expect(report.imported.map(({ name }) => name)).toEqual(["fine-example-com"]);
  expect(Object.fromEntries(report.refused.map(({ origin, reason }) => [origin.split(" ").at(-1), reason]))).toEqual({
    authority: expect.stringMatching(/certificate of a CA/),
    broken: expect.stringMatching(/malformed certificate/),
    missing: expect.stringMatching(/key .*privkey\.pem is not there/),
    swapped: expect.stringMatching(/does not belong to it/),
  });
});

test("nothing to take over writes nothing, and the exit code says so", async () => {
  const renewed = join(folder, "renewed");
  certbotLineage(renewed, ca, "a.example.com", { names: ["a.example.com"], renewal: webroot });
  const program = out();
  const { code, printed } = await importPrinted("certbot", renewed, "--out", program);
  expect(code).toBe(1);
  expect(printed).toContain("Nothing to take over");
  expect(readdirSync(folder)).not.toContain(program.split("/").at(-1));
});
