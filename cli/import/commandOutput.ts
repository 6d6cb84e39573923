import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CertificatesError, messageOf } from "../../sdk/errors";

const run = promisify(execFile);
const maxBytes = 256 * 1024 * 1024;
const timeout = 120_000;
const shown = 500;

/**
 * What a command-line tool of the user prints. It runs with the user's own environment: where its accounts and contexts
 * are is its business. What it printed before it failed is not shown, there may be keys in it.
 */
export async function commandOutput(program: string, args: readonly string[], hint: string): Promise<string> {
  try {
    const options = { encoding: "utf8", maxBuffer: maxBytes, timeout, env: process.env } as const;
    return (await run(program, args, options)).stdout;
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: unknown };
    const reason =
      code === "ENOENT" ? `there is no ${program} on the PATH` : stderr?.trim().slice(0, shown) || firstLine(error);
    throw new CertificatesError("Unreachable", `${program} ${args.slice(0, 2).join(" ")} failed: ${reason}.`, { hint });
  }
}

const firstLine = (error: unknown): string => messageOf(error).split("\n", 1)[0] as string;
