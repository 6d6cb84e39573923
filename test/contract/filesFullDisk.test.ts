import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import { pairIn } from "../support/targets/files";
import { filesKind, pair } from "../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { needs } from "../support/requirements";
import { type MemoryDisk, fillBut, mountMemory } from "../support/targets/memoryDisk";

needs("root").describe("files on a full disk (as root, on a small file system)", () => {
  let disk: MemoryDisk;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  afterEach(() => disk.unmount());

  const bring = async (material: TestMaterial): Promise<void> => {
    const args = { kind: "files", directory: join(disk.directory, "tls"), files: pair };
    const context = { host: localHost, instance: { id: "web-00000001", resource: "project/stack/web" } };
    await deploy({ kind: filesKind, spec: filesKind.parse(args, "target"), wanted: { material }, context });
    expect(pairIn(args.directory)).toBe(material.fingerprintSha256);
  };
  /** True if it was brought; false if there was no room, and then nothing changed. */
  const bringIfThereIsRoom = async (): Promise<boolean> => {
    try {
      await bring(fresh);
      return true;
    } catch (error) {
      if (!CertificatesError.is(error)) throw error;
      expect(error).toMatchObject({ code: "DeploymentFailed", retryable: true });
      expect(error.message).toMatch(
        /no space is left on the device \(ENOSPC\)\. Nothing that is in use was changed\.$/,
      );
      expect(pairIn(join(disk.directory, "tls"))).toBe(old.fingerprintSha256);
      return false;
    }
  };

  test("wherever the space runs out, the old certificate stays whole, and the next run goes on", async () => {
    disk = mountMemory("size=256k");
    await bring(old);
    for (let free = 0; ; free++) {
      fillBut(join(disk.directory, "filler"), free * 4096);
      const brought = await bringIfThereIsRoom();
      rmSync(join(disk.directory, "filler"));
      await bring(fresh);
      if (brought) {
        expect(free).toBeGreaterThan(2);
        break;
      }
      await bring(old);
    }
  });

  test("wherever the inodes run out, the old certificate stays whole, and the next run goes on", async () => {
    disk = mountMemory("size=1m,nr_inodes=120");
    await bring(old);
    for (let free = 0; ; free++) {
      const filler = fillInodesBut(join(disk.directory, "filler"), free);
      const brought = await bringIfThereIsRoom();
      rmSync(filler, { recursive: true });
      await bring(fresh);
      if (brought) {
        expect(free).toBeGreaterThan(8);
        break;
      }
      await bring(old);
    }
  });
});

/** Uses up all inodes, then gives some back. */
function fillInodesBut(directory: string, free: number): string {
  mkdirSync(directory);
  const names: string[] = [];
  try {
    for (;;) {
      const name = join(directory, String(names.length));
      writeFileSync(name, "");
      names.push(name);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  for (const name of names.slice(0, free)) if (existsSync(name)) rmSync(name);
  return directory;
}
