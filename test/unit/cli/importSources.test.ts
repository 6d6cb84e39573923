import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { acmeShCertificate } from "../../support/acmeShFolder";
import { opensslCa, type OpensslCa, opensslLeaf } from "../../support/certbotFolder";
import { importPrinted, importReport } from "../../support/runImport";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";
import { startTlsServer } from "../../support/tlsServer";

let folder: string;
let ca: OpensslCa;
let run = 0;
const out = (): string => join(folder, `out-${(run += 1)}`, "adopted.ts");
const write = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
  ca = opensslCa(join(folder, "ca"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("acme.sh", () => {
  const path = process.env["PATH"];
  afterEach(() => (process.env["PATH"] = path));

  /** Puts a crontab program first on the PATH. */
  function crontab(script: string): void {
    const bin = join(folder, `bin-${(run += 1)}`);
    write(join(bin, "crontab"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, "crontab"), 0o755);
    process.env["PATH"] = `${bin}${delimiter}${path}`;
  }

  const certificate = (home: string, domain: string, conf: Record<string, string> | undefined, ecc = true): void =>
    acmeShCertificate(home, ca, domain, conf, ecc);
  const conf = { Le_Webroot: "dns_cf", Le_API: "https://acme.zerossl.com/v2/DV90", Le_NextRenewTime: "1800000000" };

  test("what its cron job renews is refused; what was removed from it is taken", async () => {
    crontab(`echo '5 0 * * * "/root/.acme.sh"/acme.sh --cron --home "/root/.acme.sh" > /dev/null'`);
    const home = join(folder, "acme-cron");
    certificate(home, "renewed.example.com", conf);
    certificate(home, "removed.example.com", undefined, false);
    mkdirSync(join(home, "dnsapi"));
    const report = await importReport("acme-sh", home, "--out", out());
    expect(report.imported.map(({ name }) => name)).toEqual(["removed-example-com"]);
    expect(report.refused).toEqual([
      {
        origin: "acme.sh certificate renewed.example.com_ecc",
        reason: expect.stringMatching(/^acme\.sh still renews it .*in the crontab of this user/),
      },
    ]);
    const { printed } = await importPrinted("acme-sh", home, "--out", out(), "--take-over");
    expect(printed).toContain("Run `acme.sh --remove -d renewed.example.com --ecc`.");
    expect(printed).toContain("dns_cf (1 certificate) → dns01: cloudflare({ apiToken })");
  });

  test("without a cron job nothing renews it: it is taken, with the key it keeps", async () => {
    crontab(`echo 'no crontab for root' >&2; exit 1`);
    const home = join(folder, "acme-idle");
    certificate(home, "a.example.com", conf);
    certificate(home, "b.example.com", { ...conf, Le_Webroot: "/var/www,no", Le_ForceNewDomainKey: "1" });
    const program = out();
    const report = await importReport("acme-sh", home, "--out", program);
    expect(report.imported.map(({ name, authenticator, directory }) => [name, authenticator, directory])).toEqual([
      ["a-example-com", "dns_cf", "https://acme.zerossl.com/v2/DV90"],
      ["b-example-com", "webroot, standalone", "https://acme.zerossl.com/v2/DV90"],
    ]);
    expect(readFileSync(program, "utf8").match(/rotationPolicy: "never"/g)).toHaveLength(1);
  });

  test("a crontab that cannot be read counts as having the job", async () => {
    crontab(`echo 'You are not allowed to use this program' >&2; exit 1`);
    const home = join(folder, "acme-unknown");
    certificate(home, "a.example.com", conf);
    const report = await importReport("acme-sh", home, "--out", out());
    expect(report.refused).toEqual([{ origin: expect.any(String), reason: expect.stringMatching(/cannot be read/) }]);
  });
});

describe("files", () => {
  test("a pattern finds certificates in folders, and their keys by what is in them", async () => {
    const ssl = join(folder, "ssl");
    const web = opensslLeaf(ca, {
      names: ["web.internal.example", "10.0.0.7"],
      subject: "/C=DE/O=Example/OU=Ops/OU=Web/CN=web",
      days: 365,
      extensions: ["extendedKeyUsage=serverAuth,clientAuth"],
    });
    const db = opensslLeaf(ca, { names: ["db.internal.example"] });
    const bare = opensslLeaf(ca, { names: ["bare.internal.example"] });
    write(join(ssl, "web", "server.crt"), web.certificatePem);
    write(join(ssl, "web", "server-full.crt"), web.certificatePem + ca.chainPem);
    write(join(ssl, "web", "anything"), web.privateKeyPem);
    write(join(ssl, "db", "deep", "combined.pem"), db.privateKeyPem + db.certificatePem);
    write(join(ssl, "bare.pem"), bare.certificatePem);
    write(join(ssl, "notes.txt"), "nothing here");
    write(join(ssl, "issuing.pem"), ca.chainPem);
    const program = out();
    const report = await importReport("files", join(ssl, "**"), "--out", program);
    const byName = Object.fromEntries(report.imported.map((each) => [each.name, each]));
    expect(Object.keys(byName).sort()).toEqual([
      "bare-internal-example",
      "db-internal-example",
      "web-internal-example",
    ]);
    expect(byName["web-internal-example"]).toMatchObject({
      certificatePath: join(ssl, "web", "server-full.crt"),
      privateKeyPath: join(ssl, "web", "anything"),
    });
    expect(byName["db-internal-example"]?.privateKeyPath).toBe(join(ssl, "db", "deep", "combined.pem"));
    expect(byName["bare-internal-example"]).not.toHaveProperty("privateKeyPath");
    expect(report.refused).toEqual([
      { origin: `file ${join(ssl, "issuing.pem")}`, reason: expect.stringMatching(/of a CA/) },
      { origin: `file ${join(ssl, "web", "server.crt")}`, reason: expect.stringMatching(/is the same certificate as/) },
    ]);
    const text = readFileSync(program, "utf8");
    expect(text).toContain(`    issuer,
    commonName: "web",
    subject: { country: "DE", organization: "Example", organizationalUnit: ["Ops", "Web"] },
    dnsNames: ["web.internal.example"],
    ipAddresses: ["10.0.0.7"],
    duration: "365d",
    extendedKeyUsages: ["serverAuth", "clientAuth"],
`);
    expect(text).toContain("Without its key: the first renewal makes a new one.");

    const keys = join(folder, "private");
    write(join(keys, "bare.key"), bare.privateKeyPem);
    const again = await importReport("files", join(ssl, "bare.*"), "--keys", join(keys, "*.key"), "--out", out());
    expect(again.imported[0]?.privateKeyPath).toBe(join(keys, "bare.key"));
  });

  test("an expired certificate is refused, and two with one name are told apart", async () => {
    const day = 86_400_000;
    const testCa = await createTestCa("Test CA", undefined, { notBefore: new Date(Date.now() - 40 * day) });
    const old = await issueTestCertificate(testCa, {
      commonName: "old.example.com",
      notBefore: new Date(Date.now() - 30 * day),
      notAfter: new Date(Date.now() - day),
    });
    const [one, two] = [await issueTestCertificate(testCa), await issueTestCertificate(testCa, { keyType: "RSA" })];
    for (const [name, { certificatePem }] of Object.entries({ old, one, two }))
      write(join(folder, "dated", `${name}.pem`), certificatePem);
    const report = await importReport("files", join(folder, "dated"), "--out", out());
    expect(report.imported.map(({ name }) => name)).toEqual(["web-example-com", "web-example-com-2"]);
    expect(report.refused[0]?.reason).toMatch(/^expired on \d{4}-\d\d-\d\d/);
  });

  test("a pattern without a match is an error", async () => {
    await expect(importReport("files", join(folder, "nowhere", "*.pem"))).rejects.toThrow(/no file matches/);
  });
});

describe("endpoint", () => {
  test("what a server shows is written beside the program, with its chain and without a key", async () => {
    const root = await createTestCa("Served Root");
    const issuing = await createTestCa("Served Issuing", root);
    const leaf = await issueTestCertificate(issuing, { dnsNames: ["localhost"] });
    const server = await startTlsServer({ cert: leaf.fullChainPem, key: leaf.privateKeyPem });
    try {
      const program = out();
      write(join(dirname(program), "..", `out-${run}`, "Pulumi.yaml"), "name: x\n");
      const report = await importReport("endpoint", `127.0.0.1:${server.port}`, "127.0.0.1:1", "--out", program);
      expect(report.imported).toEqual([
        expect.objectContaining({
          certificatePath: "adopted/localhost.pem",
          fingerprintSha256: leaf.fingerprintSha256,
        }),
      ]);
      expect(readFileSync(join(dirname(program), "adopted", "localhost.pem"), "utf8")).toBe(leaf.fullChainPem);
      expect(report.refused).toEqual([{ origin: "endpoint 127.0.0.1:1", reason: expect.stringMatching(/refused/) }]);
    } finally {
      await server.close();
    }
  });
});

describe("kubernetes", () => {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const secret = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => {
    const { certificatePem, privateKeyPem } = opensslLeaf(ca, { names: [`${name}.example.com`] });
    return {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name, namespace: "apps", ...more },
      data: { "tls.crt": base64(certificatePem + ca.chainPem), "tls.key": base64(privateKeyPem) },
    };
  };

  test("TLS secrets are taken, those of cert-manager are not; keys go to the key folder alone", async () => {
    const items = [
      secret("own"),
      secret("managed", { annotations: { "cert-manager.io/certificate-name": "managed" } }),
      secret("owned", { ownerReferences: [{ apiVersion: "cert-manager.io/v1", kind: "Certificate", name: "owned" }] }),
      { ...secret("empty"), data: { "tls.crt": "" } },
      { kind: "Secret", type: "Opaque", metadata: { name: "other" }, data: {} },
    ];
    const list = join(folder, "secrets.json");
    write(list, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    const keys = join(folder, "keys");
    const program = out();
    const report = await importReport("kubernetes", list, "--out", program, "--key-folder", keys);
    expect(report.imported.map(({ name, origin }) => [name, origin])).toEqual([["own-example-com", "secret apps/own"]]);
    expect(Object.fromEntries(report.refused.map(({ origin, reason }) => [origin, reason]))).toEqual({
      "secret apps/managed": expect.stringMatching(/^cert-manager still renews it \(annotation/),
      "secret apps/owned": expect.stringMatching(/^cert-manager still renews it \(its owner/),
      "secret apps/empty": "its tls.crt is empty",
    });
    const key = join(keys, "own-example-com.key");
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(statSync(keys).mode & 0o777).toBe(0o700);
    execFileSync("openssl", ["pkey", "-in", key, "-noout"]);
    const certificate = readFileSync(join(dirname(program), "adopted", "own-example-com.pem"), "utf8");
    expect(readFileSync(program, "utf8") + certificate + report.printed).not.toContain("PRIVATE KEY");
    // A second run finds the key there, and changes nothing.
    await expect(importReport("kubernetes", list, "--out", out(), "--key-folder", keys)).rejects.toThrow(
      /is there already/,
    );

    const without = await importReport("kubernetes", list, "--out", out());
    expect(without.imported[0]).not.toHaveProperty("privateKeyPath");
  });

  test("kubectl is asked for TLS secrets alone; what it says when it fails is passed on", async () => {
    const bin = join(folder, "kubectl-bin");
    const [list, asked] = [join(folder, "asked.json"), join(folder, "asked")];
    write(list, JSON.stringify({ kind: "List", items: [secret("asked")] }));
    write(
      join(bin, "kubectl"),
      `#!/bin/sh\necho "$@" > ${asked}\ncase "$*" in *broken) echo "no such context" >&2; exit 1;; esac\ncat ${list}\n`,
    );
    chmodSync(join(bin, "kubectl"), 0o755);
    const path = process.env["PATH"];
    process.env["PATH"] = `${bin}${delimiter}${path}`;
    try {
      const report = await importReport("kubernetes", "--all-namespaces", "--context", "test", "--out", out());
      expect(report.imported.map(({ name }) => name)).toEqual(["asked-example-com"]);
      expect(readFileSync(asked, "utf8")).toBe(
        "get secrets --field-selector type=kubernetes.io/tls --output json --all-namespaces --context test\n",
      );
      await expect(importReport("kubernetes", "--namespace", "x", "--context", "broken")).rejects.toThrow(
        /^kubectl get secrets failed: no such context\./,
      );
      process.env["PATH"] = join(folder, "nowhere");
      await expect(importReport("kubernetes")).rejects.toThrow(/there is no kubectl on the PATH/);
    } finally {
      process.env["PATH"] = path;
    }
  });

  test.each([
    ["no JSON", "{", /is no JSON/],
    ["no secrets", '{"kind":"ConfigMap"}', /is no list of secrets/],
    ["null", "null", /is no list of secrets/],
  ])("input that is %s is refused without quoting it", async (_, json, message) => {
    const file = join(folder, "bad.json");
    write(file, json);
    await expect(importReport("kubernetes", file)).rejects.toThrow(message);
  });
});

test.each([
  [["vault"], /"vault" is no source.*certbot, acme-sh, files, endpoint, kubernetes, acm\./],
  [["certbot", "--frobnicate"], /Unknown option '--frobnicate'/],
  [["certbot", "a", "b"], /2 places are given/],
])("the arguments %j are refused", async (args, message) => {
  await expect(importPrinted(...args)).rejects.toThrow(message);
});
