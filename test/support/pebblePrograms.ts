import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "./provide";

export interface PebblePrograms {
  readonly pebble: string;
  readonly challtestsrv: string;
}

const toolMissing = 3;
let provided: PebblePrograms | undefined;

/** Builds Pebble if need be. Undefined without Go; a build that fails is an error. */
export function providePebble(): PebblePrograms | undefined {
  if (provided !== undefined) return provided;
  const tool = spawnSync(process.execPath, [join(repository, "tools", "pebble.mjs")], { encoding: "utf8" });
  if (tool.status === toolMissing) return undefined;
  if (tool.status !== 0) throw new Error(tool.stderr);
  provided = JSON.parse(tool.stdout) as PebblePrograms;
  return provided;
}
