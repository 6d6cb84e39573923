import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FilesBench } from "../../support/targets/filesBench";
import { needs } from "../../support/requirements";
import { type MemoryDisk, mountMemory } from "../../support/targets/memoryDisk";

const repository = join(__dirname, "..", "..", "..");

describe("a preflight of files", () => {
  let bench: FilesBench;

  beforeEach(() => (bench = new FilesBench()));
  afterEach(() => bench.remove());

  test.each<[string, Record<string, unknown>, string]>([
    [
      "a program that is not there",
      { reload: ["/usr/sbin/no-such-server", "-s", "reload"] },
      "target.reload: /usr/sbin/no-such-server cannot be run on this machine: it does not exist (ENOENT).",
    ],
    [
      "a program that cannot be run",
      { check: ["/etc/passwd"] },
      "target.check: /etc/passwd cannot be run on this machine: permission denied (EACCES).",
    ],
    [
      "a directory as a program",
      { check: ["/etc"] },
      "target.check: /etc cannot be run on this machine: a directory stands there (EISDIR).",
    ],
    [
      "a user that does not exist",
      { owner: "no-such-user" },
      'target.owner: there is no user "no-such-user" on this machine.',
    ],
    [
      "a group that does not exist",
      { owner: "root:no-such-group" },
      'target.owner: there is no group "no-such-group" on this machine.',
    ],
  ])("refuses %s", async (_what, changes, message) => {
    await expect(bench.preflight(bench.args(changes))).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining(message) as string,
    });
  });

  test("makes nothing", async () => {
    await bench.preflight(
      bench.args({
        directory: join(bench.base, "a", "b", "c"),
        reload: ["/bin/true"],
        owner: String(process.getuid?.()),
      }),
    );
    expect(readdirSync(bench.base)).toEqual([]);
  });
});

needs("root").describe("a preflight where nothing can be written (as root)", () => {
  let disk: MemoryDisk;
  beforeEach(() => (disk = mountMemory("size=64k")));
  afterEach(() => disk.unmount());

  const preflightAs = (directory: string, uid?: number): SpawnSyncReturns<string> => {
    const args = JSON.stringify({ kind: "files", directory, files: { "web.pem": "certificate" } });
    const program = `
      const { kindOfTarget } = require("${repository}/sdk/targets/registry.ts");
      const { localHost } = require("${repository}/sdk/targets/hosts/local.ts");
      const args = ${args};
      const kind = kindOfTarget(args, "target");
      kind.preflight(kind.parse(args, "target"), { host: localHost, resource: "project/stack/web" }).catch((error) => {
        console.log(error.message);
        process.exitCode = 1;
      });`;
    const register = join(repository, "test", "support", "typescript.cjs");
    const who = uid === undefined ? {} : { uid, gid: uid };
    return spawnSync(process.execPath, ["-r", register, "-e", program], { encoding: "utf8", ...who });
  };

  test("refuses a file system that is read-only, even for root", () => {
    disk.remount("ro");
    const { stdout } = preflightAs(join(disk.directory, "tls"));
    expect(stdout).toContain(
      `target.directory: ${disk.directory}/tls cannot be written by uid 0: ${disk.directory}: the file system is read-only (EROFS).`,
    );
  });

  test("refuses a directory of another user", () => {
    chmodSync(disk.directory, 0o755);
    const { stdout } = preflightAs(join(disk.directory, "a", "b"), 65_534);
    expect(stdout).toContain(
      `target.directory: ${disk.directory}/a/b cannot be written by uid 65534: ${disk.directory}: permission denied (EACCES).`,
    );
    chownSync(disk.directory, 65_534, 65_534);
    expect(preflightAs(join(disk.directory, "a", "b"), 65_534)).toMatchObject({ status: 0, stdout: "" });
  });
});
