// The folder in which tools keep what they built or downloaded, shared by all clones of one user.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-certificates");

/** A path in the cache; the folder it stands in is created. */
export function cachePath(...parts) {
  const path = join(cacheRoot, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** Runs `action` while no other process runs one under the same name. A lock whose owner has ended is taken over. */
export async function withLock(name, action) {
  const path = cachePath("locks", `${name}.pid`);
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let said = false; !take(mine, path); await delay(300)) {
      const owner = ownerOf(path);
      if (owner === undefined) continue;
      if (!isAlive(owner)) removeStale(path, owner);
      else if (!said) {
        process.stderr.write(`  waiting for process ${owner}, which is at work on ${name}\n`);
        said = true;
      }
    }
  } finally {
    rmSync(mine);
  }
  try {
    return await action();
  } finally {
    rmSync(path);
  }
}

/** A hard link is made in one step with its content, or fails because the lock is there. */
function take(mine, path) {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function ownerOf(path) {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function removeStale(path, owner) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return; // another waiting process was faster
    throw error;
  }
  if (ownerOf(aside) === owner) rmSync(aside);
  else renameSync(aside, path); // it was taken over in between: put it back
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
