import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pairIn } from "../../support/targets/files";
import { FilesBench } from "../../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../../support/targets/material";
import { needs } from "../../support/requirements";

describe("files where a path could be redirected", () => {
  let bench: FilesBench;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(() => (bench = new FilesBench()));
  afterEach(() => bench.remove());

  test.each<[string, () => void, string]>([
    [
      "a directory that is a link",
      () => (mkdirSync(join(bench.base, "real")), symlinkSync("real", bench.directory)),
      "it is a symbolic link to real",
    ],
    [
      "a directory that everybody may change",
      () => (mkdirSync(bench.directory), chmodSync(bench.directory, 0o777)),
      "every user may change",
    ],
    [
      "a store that is a link",
      () => (
        mkdirSync(join(bench.base, "real")),
        mkdirSync(bench.directory),
        symlinkSync("../real", join(bench.directory, ".pulumi-certificates"))
      ),
      ".pulumi-certificates is not the directory of the user that deploys",
    ],
  ])("refuses %s", async (_what, make, message) => {
    make();
    await expect(bench.preflight(bench.args())).rejects.toMatchObject({
      code: "ForeignFile",
      message: expect.stringContaining(message) as string,
    });
    await expect(bench.bring(old)).rejects.toMatchObject({ code: "ForeignFile" });
    if (existsSync(join(bench.base, "real"))) expect(readdirSync(join(bench.base, "real"))).toEqual([]);
  });

  test("refuses a parent that everybody may change", async () => {
    chmodSync(bench.base, 0o777);
    await expect(bench.bring(old)).rejects.toThrow(`every user may change ${bench.base}. Use a directory of your own`);
  });

  needs("root").test("refuses a link of another user on the way (as root)", async () => {
    mkdirSync(join(bench.base, "real"));
    symlinkSync("real", join(bench.base, "link"));
    execFileSync("chown", ["-h", "65534", join(bench.base, "link")]);
    await expect(bench.bring(old, bench.args({ directory: join(bench.base, "link", "tls") }))).rejects.toThrow(
      "is a symbolic link of another user (uid 65534)",
    );
  });

  test("follows the user's own links on the way", async () => {
    mkdirSync(join(bench.base, "real"));
    symlinkSync("real", join(bench.base, "link"));
    await bench.bring(old, bench.args({ directory: join(bench.base, "link", "deeper", "tls") }));
    expect(pairIn(join(bench.base, "real", "deeper", "tls"))).toBe(old.fingerprintSha256);
  });

  test("replaces a planted link and does not write through it", async () => {
    await bench.bring(old);
    const victim = join(bench.base, "victim");
    writeFileSync(victim, "untouched");
    unlinkSync(join(bench.directory, "privkey.pem"));
    symlinkSync(victim, join(bench.directory, "privkey.pem"));
    await bench.bring(fresh);
    expect(readFileSync(victim, "utf8")).toBe("untouched");
    expect(lstatSync(join(bench.directory, "privkey.pem")).isSymbolicLink()).toBe(true);
    expect(pairIn(bench.directory)).toBe(fresh.fingerprintSha256);
  });
});
