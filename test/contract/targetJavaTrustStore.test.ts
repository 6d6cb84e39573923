import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import { javaTrustStoreTarget } from "../../sdk/targets/javaTrustStore";
import { needs } from "../support/requirements";
import { testMaterial } from "../support/targets/material";
import { TestCommands } from "../support/targets/testCommands";

const context = { host: localHost, instance: { id: "trust-00000001", resource: "project/stack/trust" } };

needs("keytool").describe("the Java of a host", () => {
  let base: string;
  let path: string;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "java-trust-"));
    path = join(base, "tls", "trust.p12");
  });
  afterEach(() => rmSync(base, { recursive: true }));

  const bring = async (changes: object): Promise<{ changed: boolean }> => {
    const spec = javaTrustStoreTarget.parse({ kind: "javaTrustStore", path, ...changes }, "target");
    const { privateKeyPem: _, ...material } = await testMaterial();
    return deploy({ kind: javaTrustStoreTarget, spec, wanted: { material }, context });
  };

  test("finds the roots, with a password and without", async () => {
    const keytool = needs("keytool").program;
    expect(await bring({ keytool })).toMatchObject({ changed: true });
    expect(await bring({ keytool, password: "generated-Password-1" })).toMatchObject({ changed: true });
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  test("that finds no root in it refuses it, and nothing was changed", async () => {
    await bring({});
    const [keytool] = new TestCommands(base).script("keytool", 'echo "Your keystore contains 0 entries"');
    const error = bring({ keytool, password: "generated-Password-1" });
    await expect(error).rejects.toMatchObject({ code: "TargetRefused", switched: false });
    await expect(error).rejects.toThrow(/keytool finds no root in .*trust\.p12 on this machine/);
    expect(await bring({})).toMatchObject({ changed: false });
  });
});
