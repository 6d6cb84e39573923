import { takeCredentials } from "../../../sdk/targets/credentials";
import type { Host } from "../../../sdk/targets/hosts/host";
import { localHost } from "../../../sdk/targets/hosts/local";
import { trustStore, trustStoreTarget } from "../../../sdk/targets/trustStore";
import { systemOn } from "../../../sdk/targets/trustStore/system";
import { testMaterial } from "../../support/targets/material";

const parse = (changes: object = {}) =>
  trustStoreTarget.parse({ kind: "trustStore", name: "example", ...changes }, "target");
const layout = { anchors: "/srv/anchors", bundle: "/srv/bundle.pem", update: ["/usr/bin/update"] };

test("keeps the roots, without a key, beside those of other deployments", () => {
  const spec = parse();
  expect(spec).toMatchObject({
    name: "example",
    directory: "/var/lib/pulumi-certificates/trust-stores/example",
    files: [{ name: "roots.pem", content: "trustBundle", mode: 0o644 }],
    onDelete: "leave",
  });
  expect(trustStoreTarget.place(spec)).toBe("/var/lib/pulumi-certificates/trust-stores/example");
  expect(takeCredentials(trustStore({ name: "example" })).credentials).toEqual({});
});

test("a system of one's own has one update for everything, unless it has two", () => {
  const { system } = parse({ system: { ...layout, revisions: "/srv/revisions" } });
  expect(system).toMatchObject({ anchors: "/srv/anchors", bundle: "/srv/bundle.pem" });
  expect(system).toHaveProperty("updateAfterRemoval.command", ["/usr/bin/update"]);
});

test.each([
  ["no name", { name: undefined }, /target\.name: nothing is no name for files/],
  ["a name that leads elsewhere", { name: "../example" }, /target\.name: .* is no name for files/],
  ["a hidden name", { name: ".example" }, /target\.name: .* is no name for files/],
  ["another system", { system: "windows" }, /target\.system: "windows" is no system .* debian, redhat, suse/],
  ["a system without an update", { system: { ...layout, update: undefined } }, /target\.system\.update/],
  ["a relative directory", { system: { ...layout, anchors: "anchors" } }, /target\.system\.anchors: .* absolute path/],
  ["an unknown part of a system", { system: { ...layout, hooks: "/srv" } }, /target\.system\.hooks: unknown property/],
  ["an unknown property", { keyMode: "0600" }, /target\.keyMode: unknown property\. trustStore has name, system/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

test("a certificate without roots is refused, one without a key is not", async () => {
  const { privateKeyPem: _, ...material } = await testMaterial();
  const { trustBundlePem: __, ...rootless } = material;
  expect(() => trustStoreTarget.accept(parse(), material)).not.toThrow();
  expect(() => trustStoreTarget.accept(parse(), rootless)).toThrow(/trustBundlePem: holds no root/);
  expect(() => trustStoreTarget.accept(parse(), { ...material, trustBundlePem: "" })).toThrow(/holds no root/);
});

describe("the system of a host", () => {
  /** A host on which only these paths are. */
  const hostWith = (...paths: string[]): Host => ({
    ...localHost,
    name: "edge-1",
    realPath: (path) => Promise.resolve(paths.includes(path) ? path : undefined),
    runObstacle: (path) => Promise.resolve(paths.includes(path) ? undefined : "it does not exist (ENOENT)"),
  });

  test.each([
    [
      "Debian",
      ["/usr/local/share/ca-certificates", "/usr/sbin/update-ca-certificates"],
      "/etc/ssl/certs/ca-certificates.crt",
    ],
    [
      "Fedora",
      ["/etc/pki/ca-trust/source/anchors", "/usr/bin/update-ca-trust"],
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    ],
    ["SUSE", ["/etc/pki/trust/anchors", "/usr/sbin/update-ca-certificates"], "/var/lib/ca-certificates/ca-bundle.pem"],
  ])("%s is known by its directory and program", async (_system, paths, bundle) => {
    expect(await systemOn(hostWith(...paths), undefined)).toMatchObject({ anchors: paths[0], bundle });
  });

  test("that is none of those has to be described", async () => {
    const host = hostWith("/usr/local/share/ca-certificates");
    await expect(systemOn(host, undefined)).rejects.toThrow(/target\.system: edge-1 has no trust store that is known/);
    expect(await systemOn(host, "redhat")).toMatchObject({ anchors: "/etc/pki/ca-trust/source/anchors" });
  });
});
