import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairIn } from "../../support/targets/files";
import { FilesBench, pair } from "../../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../../support/targets/material";

describe("files where something else has its own", () => {
  let bench: FilesBench;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(() => (bench = new FilesBench()));
  afterEach(() => bench.remove());

  const place = {
    "plain files": () => {
      mkdirSync(bench.directory);
      writeFileSync(join(bench.directory, "fullchain.pem"), old.fullChainPem, { mode: 0o640 });
      writeFileSync(join(bench.directory, "privkey.pem"), old.privateKeyPem, { mode: 0o600 });
    },
    "certbot's links": () => {
      mkdirSync(join(bench.base, "archive"));
      mkdirSync(bench.directory);
      writeFileSync(join(bench.base, "archive", "fullchain1.pem"), old.fullChainPem);
      writeFileSync(join(bench.base, "archive", "privkey1.pem"), old.privateKeyPem, { mode: 0o600 });
      symlinkSync("../archive/fullchain1.pem", join(bench.directory, "fullchain.pem"));
      symlinkSync("../archive/privkey1.pem", join(bench.directory, "privkey.pem"));
    },
    "cert-manager's CSI volume": () => {
      mkdirSync(join(bench.directory, "..2026"), { recursive: true });
      writeFileSync(join(bench.directory, "..2026", "fullchain.pem"), old.fullChainPem);
      writeFileSync(join(bench.directory, "..2026", "privkey.pem"), old.privateKeyPem);
      symlinkSync("..2026", join(bench.directory, "..data"));
      for (const name of Object.keys(pair)) symlinkSync(`..data/${name}`, join(bench.directory, name));
    },
  };
  const names = Object.keys(place) as (keyof typeof place)[];

  test.each(names)("refuses %s, in the preview too", async (what) => {
    place[what]();
    const expected = {
      code: "ForeignFile",
      message: expect.stringMatching(
        /fullchain\.pem is a (file that this resource did not write|link of certbot|link of Kubernetes).*takeOver/s,
      ) as string,
    };
    await expect(bench.preflight(bench.args())).rejects.toMatchObject(expected);
    await expect(bench.bring(fresh)).rejects.toMatchObject(expected);
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
    expect(existsSync(join(bench.directory, ".pulumi-certificates"))).toBe(false);
  });

  test.each(names)("takes over %s when told to, and can go back", async (what) => {
    place[what]();
    await bench.preflight(bench.args({ takeOver: true }));
    const deployed = await bench.bring(fresh, bench.args({ takeOver: true }));
    expect(pairIn(bench.directory)).toBe(fresh.fingerprintSha256);
    expect(deployed.previous?.fingerprintSha256).toBe(old.fingerprintSha256);
    await bench.goTo(deployed.previous?.id);
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
    if (what === "plain files")
      expect([bench.modeOf("fullchain.pem"), bench.modeOf("privkey.pem")]).toEqual(["640", "600"]);
  });

  test.each(names)("what was taken over from %s comes back when the new files are refused", async (what) => {
    place[what]();
    await expect(bench.bring(fresh, bench.args({ takeOver: true, check: ["/bin/false"] }))).rejects.toThrow(
      `The certificate ${old.fingerprintSha256}, deployed before, is back`,
    );
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
    await bench.bring(fresh, bench.args({ takeOver: true }));
    expect(pairIn(bench.directory)).toBe(fresh.fingerprintSha256);
  });

  test("refuses a name that is added and taken", async () => {
    await bench.bring(old);
    writeFileSync(join(bench.directory, "all.pem"), "not ours");
    const more = bench.args({ files: { ...pair, "all.pem": "combined" } });
    await expect(bench.preflight(more, bench.args())).rejects.toMatchObject({ code: "ForeignFile" });
    await expect(bench.bring(fresh, more)).rejects.toMatchObject({ code: "ForeignFile" });
    const { previous } = await bench.bring(fresh, { ...more, takeOver: true });
    await bench.goTo(previous?.id, more);
    expect(bench.read("all.pem")).toBe("not ours");
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
  });

  test("refuses a directory in the place of a file, whatever it is told", async () => {
    mkdirSync(join(bench.directory, "privkey.pem"), { recursive: true });
    await expect(bench.bring(old, bench.args({ takeOver: true }))).rejects.toMatchObject({ code: "ForeignFile" });
  });

  test("its own files that were changed by hand are drift, not foreign", async () => {
    await bench.bring(old);
    unlinkSync(join(bench.directory, "privkey.pem"));
    writeFileSync(join(bench.directory, "privkey.pem"), "x");
    await bench.preflight(bench.args(), bench.args());
    await bench.bring(fresh);
    expect(pairIn(bench.directory)).toBe(fresh.fingerprintSha256);
  });

  test("deleting takes away its own files only", async () => {
    await bench.bring(old);
    unlinkSync(join(bench.directory, "privkey.pem"));
    writeFileSync(join(bench.directory, "privkey.pem"), "someone else's");
    writeFileSync(join(bench.directory, "readme"), "someone else's");
    await bench.withdraw(bench.args({ onDelete: "remove" }));
    expect(readdirSync(bench.directory).sort()).toEqual(["privkey.pem", "readme"]);
  });
});
