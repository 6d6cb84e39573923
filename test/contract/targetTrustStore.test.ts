import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import type { Material } from "../../sdk/targets/target";
import { overSsh } from "../support/overSsh";
import { runOnPrivateMachine } from "../support/privateMachine";
import { needs } from "../support/requirements";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { type TrustStoreTestTarget, trustStoreFixture } from "../support/targets/trustStore";

const { kind } = trustStoreFixture;
const context = { host: localHost, instance: { id: "trust-00000001", resource: "project/stack/trust" } };

/** During a rotation of the CA both roots are trusted. */
const withBoth = (one: TestMaterial, other: TestMaterial): TestMaterial => ({
  ...one,
  trustBundlePem: `${one.trustBundlePem ?? ""}${other.trustBundlePem ?? ""}`,
});

needs("update-ca-certificates").describe("the trust store of Debian", () => {
  let target: TrustStoreTestTarget;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeEach(async () => {
    old = await trustStoreFixture.material("Example Root");
    fresh = await trustStoreFixture.material("Example Root");
    target = await trustStoreFixture.create();
  });
  afterEach(() => target.remove());

  const bring = (material: Material, changes: object = {}): Promise<Deployed> =>
    deploy({ kind, spec: kind.parse({ ...target.args, ...changes }, "target"), wanted: { material }, context });
  const trusted = (): boolean[] =>
    [old, fresh].flatMap((material) => {
      const { byBundle, byLinks } = target.trusts(material);
      return [byBundle, byLinks];
    });
  const failure = async (work: Promise<unknown>): Promise<CertificatesError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (CertificatesError.is(error)) return error;
    throw error ?? new Error("It did not fail.");
  };

  test("a rotation of the CA, whose roots have one name: old, both, new, and the old one is trusted no more", async () => {
    await bring(old);
    expect(trusted()).toEqual([true, true, false, false]);
    await bring(withBoth(old, fresh));
    expect(readdirSync(target.anchors)).toHaveLength(2);
    expect(trusted()).toEqual([true, true, true, true]);
    await bring(fresh);
    expect(readdirSync(target.anchors)).toHaveLength(1);
    expect(trusted()).toEqual([false, false, true, true]);
    await kind.withdraw(kind.parse(target.args, "target"), context);
    expect(trusted()).toEqual([false, false, false, false]);
  });

  test("a certificate that is renewed under the same roots changes nothing", async () => {
    const first = await testMaterial();
    const renewed = await testMaterial();
    await bring(first);
    const before = [target.reloads(), readdirSync(target.anchors)];
    expect(await bring(renewed)).toMatchObject({
      changed: false,
      current: { fingerprintSha256: renewed.fingerprintSha256 },
    });
    expect([target.reloads(), readdirSync(target.anchors)]).toEqual(before);
  });

  test("needs no private key, and writes neither it nor the certificate", async () => {
    const { privateKeyPem: _, ...withoutKey } = old;
    await bring(withoutKey);
    expect(await bring(old)).toMatchObject({ changed: false });
    const [file = ""] = readdirSync(target.anchors);
    expect(file).toMatch(/^example-[0-9a-f]{16}\.crt$/);
    expect(readdirSync(target.anchors)).toHaveLength(1);
    expect(trusted()).toEqual([true, true, false, false]);
  });

  test("an update that says it succeeded and trusts nothing new: the roots of before come back", async () => {
    await bring(old);
    const system = target.args.system as object;
    const nothing = { update: ["/bin/true"], updateAfterRemoval: ["/bin/true"] };
    const error = await failure(bring(fresh, { system: { ...system, ...nothing } }));
    expect(error.message).toMatch(
      /\/bin\/true succeeded on this machine, but .* lacks the root CN=Example Root \([0-9a-f]{64}\)/,
    );
    expect(error.message).toContain("deployed before, is back in its place");
    expect(trusted()).toEqual([true, true, false, false]);
    expect(readdirSync(target.anchors)).toHaveLength(1);
  });

  test("a root that was taken out by hand, changed, hidden or added is noticed", async () => {
    await bring(old);
    const [file = ""] = readdirSync(target.anchors);
    const differences = async (): Promise<readonly string[]> =>
      (await kind.observe(kind.parse(target.args, "target"), context)).differences;
    writeFileSync(join(target.anchors, file), "something else");
    expect(await differences()).toEqual([`${join(target.anchors, file)} has another content.`]);
    writeFileSync(join(target.anchors, "example-0123456789abcdef.crt"), fresh.trustBundlePem ?? "");
    expect(await differences()).toContain(
      `${join(target.anchors, "example-0123456789abcdef.crt")} is there, and is none of the roots.`,
    );
    writeFileSync(target.bundle, "");
    expect((await differences()).at(-1)).toMatch(/lacks the root CN=Example Root \([0-9a-f]{64}\)\.$/);
    await bring(old);
    expect(await differences()).toEqual([]);
    expect(existsSync(join(target.anchors, "example-0123456789abcdef.crt"))).toBe(false);
  });

  test("what a run left half written is taken away by the next one that changes something", async () => {
    await bring(old);
    writeFileSync(join(target.anchors, ".example-0123456789abcdef.crt.new"), "half");
    writeFileSync(join(target.anchors, ".example-of-others-0123456789abcdef.crt.new"), "not ours");
    await bring(fresh);
    expect(readdirSync(target.anchors).filter((name) => name.startsWith("."))).toEqual([
      ".example-of-others-0123456789abcdef.crt.new",
    ]);
  });

  needs("sshd").test("a rotation and a removal over SSH", () =>
    overSsh(async (host) => {
      const spec = kind.parse(target.args, "target");
      const there = { ...context, host };
      await kind.preflight(spec, { host, resource: context.instance.resource });
      for (const material of [old, withBoth(fresh, old), fresh])
        await deploy({ kind, spec, wanted: { material }, context: there });
      expect(trusted()).toEqual([false, false, true, true]);
      target.damage();
      expect((await kind.observe(spec, there)).differences).toHaveLength(1);
      await kind.withdraw(spec, there);
      expect(target.left()).toBe(false);
    }),
  );

  test("files of its name that something else put there are refused, and replaced if that is asked for", async () => {
    const path = join(target.anchors, "example-0123456789abcdef.crt");
    writeFileSync(path, fresh.trustBundlePem ?? "");
    const preflight = kind.preflight(kind.parse(target.args, "target"), { host: localHost, resource: "p/s/trust" });
    await expect(preflight).rejects.toMatchObject({ code: "ForeignFile" });
    expect((await failure(bring(old))).message).toContain(`${path} was put there by something else`);
    expect(existsSync(path)).toBe(true);
    await bring(old, { takeOver: true });
    expect(trusted()).toEqual([true, true, false, false]);
    expect(existsSync(path)).toBe(false);
  });
});

const needed = needs("update-ca-certificates").program === "" ? needs("update-ca-certificates") : needs("root");

needed.test("Debian as it is, and its Java: what is removed there is trusted nowhere", async () => {
  const old = await trustStoreFixture.material("Example Root");
  const fresh = await trustStoreFixture.material("Example Root");
  const script = join(__dirname, "..", "support", "targets", "trustStoreProcess.ts");
  const materials = JSON.stringify([old, withBoth(fresh, old), fresh]);
  const typescript = join(__dirname, "..", "support", "typescript.cjs");
  const node = [process.execPath, "-r", typescript, script, materials, "/mnt/noted"];
  const hook = "/etc/ca-certificates/update.d/note";
  const prepare = `printf '#!/bin/sh\\ncat >>/mnt/noted\\n' >${hook} && chmod 755 ${hook}`;
  const output = runOnPrivateMachine(["/etc", "/usr/local", "/var"], prepare, node);
  const steps = output
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const hasJava = existsSync("/etc/ca-certificates/update.d/jks-keystore");
  const step = (trusts: readonly boolean[], roots: number): object => ({
    byLinks: trusts,
    byBundle: trusts,
    java: hasJava ? roots : 0,
    hook: roots,
  });
  expect(steps).toEqual([
    step([true, false, false], 1),
    step([true, true, true], 2),
    step([false, true, true], 1),
    step([false, false, false], 0),
  ]);
  expect(existsSync("/var/lib/pulumi-certificates/trust-stores")).toBe(false);
});
