import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { deploymentSet } from "../../../sdk/provider/deploymentSet";
import { unknown } from "../../../sdk/provider/unknown";
import { type Properties, SimulatedResource, configure } from "../../support/simulatedEngine";
import { pairIn } from "../../support/targets/files";
import { pair } from "../../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../../support/targets/material";

const names = ["a", "b", "c"] as const;
let old: Record<string, TestMaterial>;
let fresh: Record<string, TestMaterial>;
let base: string;
let set: SimulatedResource;

beforeAll(async () => {
  const materials = async (): Promise<Record<string, TestMaterial>> =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await testMaterial(`${name}.example.com`)])));
  old = await materials();
  fresh = await materials();
  await configure(deploymentSet);
});
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "set-"));
  set = new SimulatedResource(deploymentSet);
});
afterEach(() => rmSync(base, { recursive: true }));

const directory = (name: string): string => join(base, name);
const log = (): string[] => {
  const path = join(base, "reloads");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
};
const reload = (): string[] => ["/bin/sh", "-c", `echo reloaded >> ${join(base, "reloads")}`];

const here = (): string => `this machine; reloads with /bin/sh -c '${reload()[2]}'`;

const target = (name: string, more: Properties = {}): Properties => ({
  kind: "files",
  directory: directory(name),
  files: pair,
  reload: reload(),
  onDelete: "remove",
  ...more,
});

/** What the resource class sends for certificates of their own. */
function args(materials: Record<string, TestMaterial>, more: Properties = {}): Properties {
  const members = Object.entries(materials).map(([name, { certificatePem, chainPem, trustBundlePem }]) => [
    name,
    { certificatePem, chainPem, trustBundlePem },
  ]);
  const entries = Object.entries(materials);
  return {
    name: "project/stack/edge",
    targets: JSON.stringify(Object.fromEntries(entries.map(([name]) => [name, { target: target(name) }]))),
    fingerprints: Object.fromEntries(entries.map(([name, { fingerprintSha256 }]) => [name, fingerprintSha256])),
    credentials: {
      contents: JSON.stringify({ members: Object.fromEntries(members) }),
      privateKeys: JSON.stringify(
        Object.fromEntries(entries.map(([name, { privateKeyPem }]) => [name, privateKeyPem])),
      ),
      targets: {},
    },
    ...more,
  };
}

const targets = (given: Record<string, Properties>): Properties => ({ targets: JSON.stringify(given) });
const inUse = (): (string | undefined)[] => names.map((name) => pairIn(directory(name)));
const fingerprints = (materials: Record<string, TestMaterial>): (string | undefined)[] =>
  names.map((name) => materials[name]?.fingerprintSha256);

const provider = deploymentSet as Required<dynamic.ResourceProvider>;

async function refresh(): Promise<void> {
  const { props, inputs } = (await provider.read(set.id!, set.outs)) as { props: Properties; inputs: Properties };
  Object.assign(set, { outs: props, inputs });
}

test("all members are deployed, and what they reload alike is reloaded once", async () => {
  expect((await set.up(args(old))).inputs.changes).toEqual([]);
  expect(inUse()).toEqual(fingerprints(old));
  expect(log()).toEqual(["reloaded"]);
  expect(JSON.stringify(set.outs)).not.toContain("PRIVATE KEY");
  expect((await set.up(args(old))).isChanged).toBe(false);
});

test("a member whose certificate changed is deployed again, and no other", async () => {
  await set.up(args(old));
  const untouched = readFileSync(join(directory("a"), "privkey.pem"));
  const { inputs } = await set.up(args({ ...old, b: fresh.b! }));
  expect(inputs.changes).toEqual([`b [CertificateChanged]: ${here()}`]);
  expect(inUse()).toEqual([old.a, fresh.b, old.c].map((one) => one!.fingerprintSha256));
  expect(readFileSync(join(directory("a"), "privkey.pem")).equals(untouched)).toBe(true);
  expect(log()).toHaveLength(2);
});

test("a preview names the members whose certificates are about to be replaced", async () => {
  await set.up(args(old));
  const { fingerprints, credentials, ...rest } = args(old);
  const { targets: taken } = credentials as Properties;
  const news = {
    ...rest,
    fingerprints: { ...fingerprints, c: unknown },
    credentials: { contents: unknown, privateKeys: unknown, targets: taken },
  };
  const { inputs, isChanged } = await set.preview(news);
  expect([isChanged, inputs.changes]).toEqual([true, [`c [CertificateChanged]: ${here()}`]]);
  const idle = await set.preview({ ...news, fingerprints });
  expect([idle.isChanged, idle.inputs.changes]).toEqual([false, []]);
});

test("one that fails goes back and neither loses nor blocks the others; the next run deals with it alone", async () => {
  await set.up(args(old));
  const refusing = join(base, "refuse");
  writeFileSync(refusing, "");
  const checked = (name: string): Properties =>
    target(name, name === "b" ? { checkStaged: ["/bin/sh", "-c", `! test -e ${refusing}`] } : {});
  const described = targets(Object.fromEntries(names.map((name) => [name, { target: checked(name) }])));
  await expect(set.up(args(fresh, described))).rejects.toThrow(
    /^1 of 3 members failed, all others are done; .*\nb: The deployment to .*Nothing that is in use was changed/,
  );
  expect(inUse()).toEqual([fresh.a, old.b, fresh.c].map((one) => one!.fingerprintSha256));
  rmSync(refusing);
  const before = log().length;
  expect((await set.up(args(fresh, described))).isChanged).toBe(true);
  expect(inUse()).toEqual(fingerprints(fresh));
  expect(log().length - before).toBe(1);
  expect((await set.up(args(fresh, described))).isChanged).toBe(false);
  expect(set.outs.lastFailure).toBeUndefined();
});

test("one whose certificate the server does not take keeps none of the others from it", async () => {
  await set.up(args(old));
  // The server looks at all of its files, as nginx -t does, and does not take what b is about to get.
  const bad = (fresh.b as TestMaterial).fingerprintSha256;
  const check = [
    "/bin/sh",
    "-c",
    `! openssl x509 -in ${directory("b")}/fullchain.pem -noout -sha256 -fingerprint | tr -d : | grep -qi ${bad}`,
  ];
  const described = targets(Object.fromEntries(names.map((name) => [name, { target: target(name, { check }) }])));
  await expect(set.up(args(fresh, described))).rejects.toThrow(/^1 of 3 members failed.*\nb: /);
  expect(inUse()).toEqual([fresh.a, old.b, fresh.c].map((one) => one!.fingerprintSha256));
});

test("a command that fails for all of them is tried in halves and no further", async () => {
  await set.up(args(old));
  const check = ["/bin/sh", "-c", `echo checked >> ${join(base, "reloads")}; exit 1`];
  const described = targets(Object.fromEntries(names.map((name) => [name, { target: target(name, { check }) }])));
  await expect(set.up(args(fresh, described))).rejects.toThrow(/^3 of 3 members failed/);
  expect(inUse()).toEqual(fingerprints(old));
  expect(log().filter((line) => line === "checked")).toHaveLength(3);
});

test("a keystore is written again when its password changes; without the keys nobody can tell", async () => {
  const files = { "web.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } };
  const described = targets({ a: { target: target("a", { files }) } });
  const given = (password: string): Properties => {
    const { credentials, ...rest } = args({ a: old.a! }, described);
    const taken = { a: { target: { "/files/web.p12/password": password } } };
    return { ...rest, credentials: { ...(credentials as Properties), targets: taken } };
  };
  await set.up(given("first password"));
  const open = { contents: unknown, privateKeys: unknown, targets: {} };
  expect((await set.preview({ ...given("first password"), credentials: open })).isChanged).toBe(false);
  expect((await set.up(given("first password"))).isChanged).toBe(false);
  expect((await set.up(given("other password"))).isChanged).toBe(true);
});

test("a member that awaits its first certificate waits, and is deployed once that is there", async () => {
  const awaited = { ...old, b: { ...old.b!, certificatePem: "", chainPem: "", fingerprintSha256: "" } as TestMaterial };
  await set.up(args(awaited));
  expect(inUse()).toEqual([old.a!.fingerprintSha256, undefined, old.c!.fingerprintSha256]);
  expect((await set.up(args(awaited))).isChanged).toBe(false);
  expect((await set.up(args(old))).inputs.changes).toEqual([`b [CertificateChanged]: ${here()}`]);
  expect(inUse()).toEqual(fingerprints(old));
});

test("a member that is gone ends where it was, as its target says; another place ends the one before it", async () => {
  await set.up(args(old));
  const { c: _, ...two } = old;
  const { inputs } = await set.up(args(two));
  expect(inputs.changes).toEqual(["c [Removed]: ends at this machine"]);
  expect(existsSync(directory("c"))).toBe(false);
  const moved = targets({ a: { target: target("elsewhere") }, b: { target: target("b") } });
  expect((await set.up(args(two, moved))).inputs.changes).toEqual([
    expect.stringMatching(/^a \[TargetChanged\]: .* where its files change; ends at .*\/a$/),
  ]);
  expect([pairIn(directory("elsewhere")), existsSync(directory("a"))]).toEqual([old.a!.fingerprintSha256, false]);
});

test("members go back to the certificate before, and stay there", async () => {
  await set.up(args(old));
  await set.up(args(fresh));
  const back = { previous: ["b"] };
  expect((await set.up(args(fresh, back))).inputs.changes).toEqual([`b [RevisionChanged]: ${here()}`]);
  expect(inUse()).toEqual([fresh.a, old.b, fresh.c].map((one) => one!.fingerprintSha256));
  expect((await set.up(args(fresh, back))).isChanged).toBe(false);
  await set.up(args(fresh));
  expect(inUse()).toEqual(fingerprints(fresh));
});

test("what was changed by hand is found by a refresh and put right, for that member alone", async () => {
  await set.up(args(old));
  rmSync(join(directory("b"), "fullchain.pem"));
  writeFileSync(join(directory("b"), "fullchain.pem"), "by hand");
  await refresh();
  expect(set.outs.drift).toEqual([expect.stringMatching(/^b on /)]);
  expect((await set.up(args(old))).isChanged).toBe(true);
  expect(inUse()).toEqual(fingerprints(old));
  expect(log()).toHaveLength(2);
});

test("members that do the same have one line, those that come and go their own", async () => {
  await set.up(args(old));
  const { c: _, ...two } = fresh;
  const { inputs } = await set.preview(args({ ...two, d: old.c! }));
  expect(inputs.changes).toEqual([
    `a, b [CertificateChanged]: ${here()}`,
    `d [Added]: ${here()}`,
    "c [Removed]: ends at this machine",
  ]);
});

test("bad input names the member and the property", async () => {
  const wrong = targets({ a: { target: { ...target("a"), directory: "tls" } } });
  await expect(set.preview(args({ a: old.a! }, wrong))).rejects.toThrow(
    /certificates\["a"\]\.target\.directory: "tls"/,
  );
  await expect(set.preview(args({ a: old.a! }, targets({ x: { target: target("x") } })))).rejects.toThrow(
    /there is no "x"/,
  );
  await expect(set.preview(args({ a: old.a! }, { previous: ["x"] }))).rejects.toThrow(/previous\[0\].*no member/);
  mkdirSync(directory("a"));
  writeFileSync(join(directory("a"), "privkey.pem"), "another's");
  await expect(set.preview(args({ a: old.a! }))).rejects.toThrow(/certificates\["a"\].*did not write/);
});

test("deleting it does for each member what its target says", async () => {
  await set.up(args(old));
  await provider.delete(set.id!, set.outs);
  expect(names.map((name) => existsSync(directory(name)))).toEqual([false, false, false]);
});
