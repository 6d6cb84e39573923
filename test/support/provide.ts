import { execFileSync } from "node:child_process";
import { join } from "node:path";

export const repository = join(__dirname, "..", "..");

/** Asks tools/provide.mjs for something the tests use; what is missing is installed, which can take minutes. */
export function provide<T>(what: string, ...args: string[]): T {
  const tool = join(repository, "tools", "provide.mjs");
  const output = execFileSync(process.execPath, [tool, what, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output) as T;
}
