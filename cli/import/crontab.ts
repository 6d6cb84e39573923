import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readTextFile } from "./textFile";

/** Where the job that renews the certificates of an acme.sh home stands; undefined if there is none. */
export type Crontab = (home: string) => string | undefined;

const systemFolder = "/etc/cron.d";

/** Looks through the user's crontab and the system's. A crontab that cannot be read counts as having the job. */
export const findRenewalJob: Crontab = () => {
  const own = userCrontab();
  if (own === undefined) return "in the crontab, which cannot be read";
  if (hasJob(own)) return "in the crontab of this user";
  return ["/etc/crontab", ...systemCrontabs()].find((path) => hasJob(readTextFile(path) ?? ""));
};

/** `acme.sh --cron`, whichever home it names: a link or a variable may stand for the one that is looked at. */
function hasJob(crontab: string): boolean {
  return crontab.split("\n").some((line) => !/^\s*#/.test(line) && /acme\.sh\b.*\s--cron\b/.test(line));
}

function userCrontab(): string | undefined {
  const { status, stdout, stderr, error } = spawnSync("crontab", ["-l"], {
    encoding: "utf8",
    timeout: 10_000,
    env: process.env,
  });
  // Without cron on the machine there is no job of it.
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return "";
  if (status === 0) return stdout;
  return /no crontab for/i.test(stderr ?? "") ? "" : undefined;
}

function systemCrontabs(): string[] {
  try {
    return readdirSync(systemFolder).map((name) => join(systemFolder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
