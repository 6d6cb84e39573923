import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./provide";

/** The package as it is published. */
export interface PackedPackage {
  readonly tarball: string;
  /** The tarball, unpacked. */
  readonly folder: string;
  /** The paths in it. */
  readonly files: string[];
}

/** Packs the built package into a folder. */
export function packPackage(folder: string): PackedPackage {
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(output) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(`npm pack printed ${output}`);
  const tarball = join(folder, packed.filename);
  const unpacked = join(folder, "unpacked");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
  return { tarball, folder: unpacked, files: packed.files.map((file) => file.path) };
}
