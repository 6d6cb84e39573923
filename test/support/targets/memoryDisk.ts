import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MemoryDisk {
  readonly directory: string;
  remount(options: string): void;
  unmount(): void;
}

/** A small file system of its own in memory; `options` as in `size=64k,nr_inodes=40`. */
export function mountMemory(options: string): MemoryDisk {
  const directory = mkdtempSync(join(tmpdir(), "small-disk-"));
  const run = (command: string, ...args: string[]): void => {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  };
  run("mount", "-t", "tmpfs", "-o", `mode=755,${options}`, "tmpfs", directory);
  return {
    directory,
    remount: (changed) => run("mount", "-o", `remount,${changed}`, directory),
    unmount: () => {
      run("umount", directory);
      rmdirSync(directory);
    },
  };
}

/** Fills the disk with a file, then gives back some bytes. */
export function fillBut(path: string, bytes: number): void {
  const file = openSync(path, "w");
  const page = Buffer.alloc(4096, 1);
  let written = 0;
  try {
    for (;;) written += writeSync(file, page);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
  writeFileSync(path, Buffer.alloc(Math.max(0, written - bytes), 1));
}
