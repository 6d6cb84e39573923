import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import { startLoadClient } from "../support/loadClient";
import { overSsh } from "../support/overSsh";
import { needs } from "../support/requirements";
import { type KeystoreTestTarget, javaKeystoreFixture } from "../support/targets/javaKeystore";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { trustStoreFixture } from "../support/targets/trustStore";

needs("javac").describe("a server in Java", () => {
  const { kind } = javaKeystoreFixture;
  let target: KeystoreTestTarget;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(async () => {
    target = await javaKeystoreFixture.create();
    await bring(old);
  });
  afterEach(() => target.remove());
  afterAll(() => javaKeystoreFixture.end());

  const bring = (material: TestMaterial, changes: object = {}): Promise<Deployed> =>
    deploy({
      kind,
      spec: kind.parse({ ...target.args, keytool: target.keytool, ...changes }, "target"),
      wanted: { material },
      context: { host: localHost, instance: { id: "web-00000001", resource: "project/stack/web" } },
    });
  const failure = async (work: Promise<unknown>): Promise<CertificatesError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (CertificatesError.is(error)) return error;
    throw error ?? new Error("It did not fail.");
  };

  test("rotates under load without a failed handshake", async () => {
    const folder = mkdtempSync(join(tmpdir(), "keystore-load-"));
    const caPath = join(folder, "ca.pem");
    writeFileSync(caPath, old.trustBundlePem ?? "");
    const load = await startLoadClient({ port: target.port, caPath, serverName: "web.example.com" });
    try {
      for (const material of [fresh, old, fresh]) {
        await bring(material);
        expect(await target.served()).toBe(material.fingerprintSha256);
      }
      const seen = await load.summary();
      expect(seen).toMatchObject({ errors: [], resumed: 0 });
      expect(seen.fingerprints[0]).toBe(old.fingerprintSha256);
      expect(seen.fingerprints.at(-1)).toBe(fresh.fingerprintSha256);
      expect(new Set(seen.fingerprints).size).toBe(2);
      expect(seen.changes).toBeGreaterThanOrEqual(3);
    } finally {
      await load.stop();
      rmSync(folder, { recursive: true });
    }
  });

  test("a password that its configuration does not have: the old keystore comes back, and Java says why", async () => {
    const password = "another-password-2";
    const error = await failure(bring(fresh, { password }));
    expect(error).toMatchObject({ code: "DeploymentFailed", retryable: true });
    expect(error.message).toContain("keystore password was incorrect");
    expect(error.message).toContain(`The certificate ${old.fingerprintSha256}, deployed before, is back`);
    expect(error.message).not.toContain(password);
    expect([target.stored(), await target.served()]).toEqual([old.fingerprintSha256, old.fingerprintSha256]);
  });

  test("another password, alias or encryption writes the keystore again, the same ones do not", async () => {
    expect(await bring(old, { reload: undefined, password: "another-password-2" })).toMatchObject({ changed: true });
    const changes = { encryption: "legacy", alias: "Web" };
    expect(await bring(old, changes)).toMatchObject({ changed: true });
    expect(await bring(old, changes)).toMatchObject({ changed: false });
    expect(await target.served()).toBe(old.fingerprintSha256);
  });

  needs("sshd").test("over SSH keytool opens it with a password that no command line shows", () =>
    overSsh(async (host) => {
      const spec = kind.parse({ ...target.args, keytool: target.keytool, reload: undefined }, "target");
      const context = { host, instance: { id: "web-00000002", resource: "project/stack/other" } };
      const elsewhere = { ...(spec as object), directory: join(target.path, "..", "..", "other") };
      await deploy({ kind, spec: elsewhere, wanted: { material: fresh }, context });
      const asked = readFileSync(target.keytoolLog, "utf8");
      expect(asked).toContain("-list -keystore");
      expect(asked).not.toContain(target.args.password);
    }),
  );

  test("its trust store holds the roots, and changes with it", async () => {
    const trustStorePath = join(target.path, "..", "trust.p12");
    const other = await trustStoreFixture.material();
    const roots = (): string => {
      const source = ["-in", trustStorePath, "-passin", `pass:${String(target.args.password)}`, "-nokeys"];
      return execFileSync("openssl", ["pkcs12", ...source], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    };
    await bring(old, { trustStorePath });
    expect(roots()).toContain(old.trustBundlePem?.trim());
    await bring(other, { trustStorePath });
    expect(roots()).toContain(other.trustBundlePem?.trim());
    expect(roots()).not.toContain(old.trustBundlePem?.trim());
    expect(target.stored()).toBe(other.fingerprintSha256);
    await bring(other);
    expect(existsSync(trustStorePath)).toBe(false);
  });

  test("goes back only to a keystore that the present password opens", async () => {
    const first = await bring(old);
    await bring(fresh, { reload: undefined, password: "another-password-2" });
    const spec = kind.parse(
      { ...target.args, keytool: target.keytool, password: "another-password-2", reload: undefined },
      "target",
    );
    const context = { host: localHost, instance: { id: "web-00000001", resource: "project/stack/web" } };
    const error = await failure(deploy({ kind, spec, wanted: { revision: first.current.id }, context }));
    expect(error).toMatchObject({ code: "TargetRefused", switched: false });
    expect(error.message).toContain("keystore password was incorrect");
  });
});
