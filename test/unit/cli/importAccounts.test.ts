import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { runAccountKey } from "../../../cli/accountKey";
import { accountsText } from "../../../cli/import/accountText";
import type { Candidate } from "../../../cli/import/consider";
import { solverHints } from "../../../cli/import/solverHints";
import { acmeShAccount, acmeShCertificate } from "../../support/acmeShFolder";
import { certbotAccount, certbotLineage, opensslCa, type OpensslCa } from "../../support/certbotFolder";
import { typeErrors } from "../../support/docs/typeCheck";
import { importPrinted, importReport } from "../../support/runImport";

const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const jwkOf = (key: KeyObject) => key.export({ format: "jwk" }) as Record<string, string>;
const id = "0123456789abcdef0123456789abcdef";
const renewal = (...lines: string[]) => [`server = ${letsEncrypt}`, "autorenew = False", ...lines];

/** What was written, to be compiled at the end, all in one: that takes its time. */
const programs: string[] = [];
let folder: string;
let ca: OpensslCa;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
  ca = opensslCa(join(folder, "ca"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Everything that must not be shown of a key. */
const secretsOf = (key: KeyObject): string[] => {
  const { d = "", p = "", q = "" } = jwkOf(key);
  return [d, p, q].filter((part) => part !== "");
};

describe("an ACME account of certbot", () => {
  let root: string;
  let program: string;
  let text: string;
  let report: Awaited<ReturnType<typeof importReport>>;
  beforeAll(async () => {
    root = join(folder, "letsencrypt");
    program = join(folder, "certbot.ts");
    certbotAccount(root, letsEncrypt, id, jwkOf(rsa), "pki@example.com");
    const account = `account = ${id}`;
    const maps = ["[[webroot_map]]", "a.example.com = /var/www/a"];
    for (const [name, ...lines] of [
      ["a", "authenticator = webroot", account, ...maps],
      ["b", "authenticator = webroot", account, "webroot_path = /var/www/a,"],
      ["c", "authenticator = dns-cloudflare", account],
      ["d", "authenticator = manual", account],
      ["e", "authenticator = webroot", "account = ../../../../etc"],
    ])
      certbotLineage(root, ca, `${name}.example.com`, { names: [`${name}.example.com`], renewal: renewal(...lines) });
    report = await importReport("certbot", root, "--out", program);
    text = readFileSync(program, "utf8");
  });

  test("is an AcmeAccount with the solvers that there are, and issues the renewals of its certificates", () => {
    expect(text).toContain(`const letsencryptAccount = new AcmeAccount("letsencrypt", {
  directory: "letsencrypt",
  email: "pki@example.com",
  privateKeyPem: settings.requireSecret("letsencryptAccountKey"),
  solvers: [
    { http01: webroot({ path: "/var/www/a" }) },
    { dnsNames: ["c.example.com"], dns01: cloudflare({ apiToken: settings.requireSecret("cloudflareApiToken") }) },
    // d.example.com proved by manual: { dns01: exec({ style, command }) with the tool's own hook }
  ],
});`);
    expect(text.match(/issuer: letsencryptAccount,/g)).toHaveLength(4);
    expect(text).toContain("export const adoptCertificates = (issuer: Issuer) => ({");
    programs.push(text);
  });

  test("comes with its key in the stack's settings only", async () => {
    const { keyPath = "", command = "" } = report.accounts[0] ?? {};
    expect(command).toBe(
      `npx pulumi-certificates account-key ${keyPath} | pulumi config set --secret letsencryptAccountKey`,
    );
    for (const secret of secretsOf(rsa)) expect(text + report.printed).not.toContain(secret);
    const out = new PassThrough();
    expect(runAccountKey([keyPath], out)).toBe(0);
    expect(createPrivateKey(out.read() as Buffer).equals(rsa)).toBe(true);
    const { printed } = await importPrinted("certbot", root, "--out", join(folder, "printed.ts"));
    expect(printed).toContain(`ACME accounts taken over; before the first \`pulumi up\`:\n  ${command}\n`);
  });

  test("is left alone where an issuer is named", async () => {
    const other = join(folder, "other.ts");
    const { accounts } = await importReport("certbot", root, "--out", other, "--issuer", "selfSigned()");
    expect(accounts).toEqual([]);
    expect(readFileSync(other, "utf8")).not.toContain("AcmeAccount");
  });

  test("whose key cannot be used is refused, and its certificates take the issuer that is given", async () => {
    const odd = join(folder, "odd");
    const ed25519 = jwkOf(generateKeyPairSync("ed25519").privateKey);
    const keys: [string, object][] = [
      ["aaaa", { kty: "RSA", n: "AQAB", d: "c2VjcmV0" }],
      ["bbbb", ed25519],
    ];
    for (const [account, jwk] of keys) {
      certbotAccount(odd, letsEncrypt, account, jwk);
      certbotLineage(odd, ca, account, { names: [`${account}.example.com`], renewal: renewal(`account = ${account}`) });
    }
    const out = join(folder, "odd.ts");
    const { refused, accounts, printed } = await importReport("certbot", odd, "--out", out);
    expect(accounts).toEqual([]);
    expect(refused).toEqual([
      {
        origin: "certbot account aaaa",
        reason: expect.stringMatching(/private_key\.json: is no private JSON Web Key/),
      },
      { origin: "certbot account bbbb", reason: expect.stringMatching(/is of another kind$/) },
    ]);
    expect(printed).not.toContain("c2VjcmV0");
    expect(readFileSync(out, "utf8")).toContain("adoptCertificates = (issuer: Issuer)");
  });
});

describe("an ACME account of acme.sh", () => {
  const own = "https://acme.example:14000/acme/dir";

  test("is one for each directory; if all certificates have one, no other issuer is asked for", async () => {
    const home = join(folder, "it's acme.sh");
    const sec1 = ec.export({ type: "sec1", format: "pem" }) as string;
    const keyPath = acmeShAccount(home, own, sec1, "ops@example.com");
    acmeShAccount(home, letsEncrypt, rsa.export({ type: "pkcs1", format: "pem" }) as string, "");
    acmeShCertificate(home, ca, "own.example.com", { Le_API: own, Le_Webroot: "no" });
    acmeShCertificate(home, ca, "le.example.com", { Le_API: letsEncrypt, Le_Webroot: "dns_aws" });
    const program = join(folder, "acmeSh.ts");
    const { accounts, printed } = await importReport("acme-sh", home, "--out", program, "--take-over");
    expect(accounts.map(({ name, email, setting }) => [name, email, setting])).toEqual([
      ["letsencrypt", undefined, "letsencryptAccountKey"],
      ["acme-example", "ops@example.com", "acmeExampleAccountKey"],
    ]);
    expect(accounts[1]?.command).toContain(`account-key '${folder}/it'\\''s acme.sh/ca/`);
    const text = readFileSync(program, "utf8");
    expect(text).toContain(`directory: "${own}",`);
    expect(text).toContain("solvers: [\n    { http01: standalone({ port: 80 }) },\n  ],");
    expect(text).toContain('import { AcmeAccount, Certificate, route53, standalone } from "pulumi-certificates";');
    expect(text).toContain("export const adopted = {");
    programs.push(text);
    for (const secret of [...secretsOf(ec), ...secretsOf(rsa), "PRIVATE KEY"])
      expect(text + printed).not.toContain(secret);
    const out = new PassThrough();
    runAccountKey([keyPath], out);
    expect(createPrivateKey(out.read() as Buffer).equals(ec)).toBe(true);
  });
});

describe("pulumi-certificates account-key", () => {
  test("prints no key on a terminal, and none that it cannot read", () => {
    const path = join(folder, "key.pem");
    writeFileSync(path, ec.export({ type: "pkcs8", format: "pem" }));
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    expect(() => runAccountKey([path], terminal)).toThrow(/would be shown on the terminal/);
    expect(() => runAccountKey([join(folder, "none")], new PassThrough())).toThrow(/there is no file/);
    expect(() => runAccountKey([path, path], new PassThrough())).toThrow(/2 files are given/);
    expect(terminal.read()).toBeNull();
  });
});

describe("the programs that were written", () => {
  /** Every solver that an import knows, in one program. */
  const everySolver = (): string => {
    const certificates = Object.keys(solverHints).map(
      (authenticator) =>
        ({ authenticator, facts: { names: { dnsNames: [`${authenticator}.example.com`] } } }) as Candidate,
    );
    const found = { origin: "an account", directory: "https://acme.example/dir", keyPath: "/key" };
    const placed = { name: "acme", constant: "account", setting: "key", command: "", certificates };
    const { source, imports } = accountsText([{ ...found, ...placed }]);
    const names = imports.join(", ");
    return `import { Config } from "@pulumi/pulumi";\nimport { ${names} } from "pulumi-certificates";\n${source}`;
  };

  test("compile, whatever solvers are in them", () => {
    expect(programs).toHaveLength(2);
    const right = Object.fromEntries([...programs, everySolver()].map((text, at) => [`right${at}`, text]));
    const found = typeErrors({ ...right, wrong: everySolver().replace("apiToken", "token") });
    const { wrong, ...others } = found;
    expect(others).toEqual({ right0: [], right1: [], right2: [] });
    expect(wrong).not.toEqual([]);
  });
});
