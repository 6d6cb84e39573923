import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { changes, outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";
import { type TrustStoreTestTarget, trustStoreFixture } from "../support/targets/trustStore";

const needed = [needs("update-ca-certificates"), needs("openssl")].find(({ program }) => program === "");
const where = needed ?? { describe };

where.describe("a server in Java and clients that trust its CA", () => {
  const folder = mkdtempSync(join(tmpdir(), "trust-stores-"));
  const [keystore, roots, billing] = ["tls/keystore.p12", "tls/roots.p12", "billing/roots.p12"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  let system: TrustStoreTestTarget;
  let stack: Stack;

  const program = ({ generation = 1, password = "first-Password-1" } = {}): string => {
    const { kind: _, ...trustStoreArgs } = system.args;
    return `
      const pulumi = require("@pulumi/pulumi");
      const { Certificate, CertificateAuthority, CertificateDeployment, javaKeystore, javaTrustStore, trustStore } =
        require("pulumi-certificates");
      const password = pulumi.secret(${JSON.stringify(password)});
      const root = new CertificateAuthority("root", { commonName: "Example Root", generation: ${generation} });
      const web = new Certificate("web", { issuer: root, dnsNames: ["web.example.com"] });
      const { certificatePem, fingerprintSha256, trustBundlePem } = root;
      new CertificateDeployment("server", {
        certificate: web,
        target: javaKeystore({
          ...${JSON.stringify({ path: keystore, trustStorePath: roots, onDelete: "remove" })}, password,
        }),
      });
      new CertificateDeployment("clients", {
        certificate: { certificatePem, fingerprintSha256, trustBundlePem },
        target: trustStore(${JSON.stringify(trustStoreArgs)}),
      });
      new CertificateDeployment("billing", {
        certificate: web,
        target: javaTrustStore({ ...${JSON.stringify({ path: billing, onDelete: "remove" })}, password }),
      });
    `;
  };
  const trustsServer = async (): Promise<object> => {
    const { web } = await outputsByName(stack);
    return system.trusts({ certificatePem: web?.certificatePem } as never);
  };
  const rootsIn = (path: string, password: string): string =>
    execFileSync("openssl", ["pkcs12", "-in", path, "-passin", `pass:${password}`, "-nokeys"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });

  beforeAll(async () => {
    system = await trustStoreFixture.create();
    stack = await createStack({ program: program() });
  });
  afterAll(async () => {
    await system.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("get keystore, roots and trust at once, and the state no password", async () => {
    await stack.up();
    expect(await trustsServer()).toEqual({ byBundle: true, byLinks: true });
    const { root } = await outputsByName(stack);
    for (const path of [roots, billing])
      expect(rootsIn(path, "first-Password-1")).toContain(root?.certificatePem.trim());
    expect(stack.stateFile()).not.toContain("first-Password-1");
    await stack.preview({ args: ["--expect-no-changes"] });
  });

  test("follow a new key of the CA and a new password, and trust the old root no more", async () => {
    const before = await outputsByName(stack);
    stack.write(program({ generation: 2, password: "second-Password-2" }));
    const { all } = await stack.up();
    expect(changes(all)).toEqual({
      root: "update",
      web: "update",
      server: "update",
      clients: "update",
      billing: "update",
    });
    expect(await trustsServer()).toEqual({ byBundle: true, byLinks: true });
    expect(readFileSync(system.bundle, "utf8")).not.toContain(before.root?.certificatePem.trim());
    for (const path of [keystore, roots, billing])
      expect(rootsIn(path, "second-Password-2")).not.toContain(before.root?.certificatePem.trim());
    expect(stack.stateFile()).not.toContain("second-Password-2");
  });

  test("a root that was taken out by hand is noticed by a refresh and put back", async () => {
    system.damage();
    const preview = await stack.preview({ args: ["--refresh"] });
    expect(changes(preview.all)).toEqual({ clients: "update" });
    expect(diagnosticsOf(preview.all, "clients").join()).toMatch(/example-[0-9a-f]{16}\.crt is missing/);
    await stack.up({ args: ["--refresh"] });
    expect(await trustsServer()).toEqual({ byBundle: true, byLinks: true });
  });

  test("leave nothing behind, and nobody trusts the CA any more", async () => {
    const { root } = await outputsByName(stack);
    await stack.destroy();
    expect([keystore, roots, billing].filter((path) => existsSync(path))).toEqual([]);
    expect(readFileSync(system.bundle, "utf8")).not.toContain(root?.certificatePem.trim());
    expect(system.left()).toBe(false);
  });
});
