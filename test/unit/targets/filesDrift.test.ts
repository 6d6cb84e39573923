import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairIn } from "../../support/targets/files";
import { FilesBench } from "../../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../../support/targets/material";
import { needs } from "../../support/requirements";

describe("files that someone changed by hand", () => {
  let bench: FilesBench;
  let old: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
  });
  beforeEach(() => (bench = new FilesBench()));
  afterEach(() => bench.remove());

  test.each<[string, (directory: string) => void, RegExp]>([
    ["a file that is gone", (at) => unlinkSync(join(at, "privkey.pem")), /privkey\.pem is missing\.$/],
    [
      "a link replaced by a file",
      (at) => (unlinkSync(join(at, "privkey.pem")), writeFileSync(join(at, "privkey.pem"), "x")),
      /privkey\.pem was replaced by something else\.$/,
    ],
    ["another content", (at) => writeFileSync(join(at, "fullchain.pem"), "x"), /fullchain\.pem has another content\.$/],
    [
      "another mode",
      (at) => chmodSync(join(at, "privkey.pem"), 0o644),
      /privkey\.pem has the mode 0644 instead of 0600\.$/,
    ],
    ["everything gone", (at) => rmSync(at, { recursive: true }), /^Nothing is deployed in /],
    [
      "the revision gone",
      (at) => rmSync(join(at, ".pulumi-certificates", "web-00000001", "1"), { recursive: true }),
      /The revision 1 in .* is missing or damaged\.$/,
    ],
    [
      "its description damaged",
      (at) => writeFileSync(join(at, ".pulumi-certificates", "web-00000001", "1", ".revision.json"), "{"),
      /The revision 1 in .* is missing or damaged\.$/,
    ],
  ])("notices and repairs %s", async (_what, change, message) => {
    await bench.bring(old);
    change(bench.directory);
    const differences = await bench.differences();
    expect(differences).toEqual([expect.stringMatching(message)]);
    await bench.bring(old);
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
    expect(await bench.differences()).toEqual([]);
  });

  needs("root").test("notices another owner (as root)", async () => {
    await bench.bring(old, bench.args({ owner: "0:0" }));
    execFileSync("chown", ["1:1", join(bench.directory, "privkey.pem")]);
    expect(await bench.differences()).toEqual([`${bench.directory}/privkey.pem belongs to 1:1 instead of 0:0.`]);
  });
});
