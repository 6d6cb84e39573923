import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Material } from "../../../sdk/targets/target";
import { until } from "../until";
import type { DeployRequest } from "./deployProcess";
import type { TestTarget } from "./fixture";

/** When a deployment is killed: before its nth change, counted from 1, or once that has begun. */
export type Moment = Pick<DeployRequest, "killAt" | "during">;

/** The resource that all these deployments belong to. */
export const killedId = "web-00000001";

const support = join(__dirname, "..");

/** Deploys in another process, to its end; the names of the changes that it made. */
export async function deployElsewhere(target: TestTarget, material: Material): Promise<string[]> {
  const { code, output } = await run(target, material, { killAt: Number.MAX_SAFE_INTEGER, during: false });
  if (code !== 0) throw new Error(`The deployment ended with ${String(code)}.`);
  return JSON.parse(output) as string[];
}

/** Deploys in another process, which is killed; a command that it runs at that moment comes to its own end. */
export async function deployUntil(target: TestTarget, material: Material, moment: Moment): Promise<void> {
  const { code, output } = await run(target, material, moment);
  if (code !== "SIGKILL") throw new Error(`The deployment was to be killed, and ended with ${String(code)}.`);
  for (const pid of JSON.parse(output) as number[]) await until("a command to end", () => hasEnded(pid));
}

async function run(target: TestTarget, material: Material, moment: Moment): Promise<{ code: unknown; output: string }> {
  const request: DeployRequest = { args: target.args, material, id: killedId, ...moment };
  const script = join(support, "targets", "deployProcess.ts");
  const child = spawn(process.execPath, ["-r", join(support, "typescript.cjs"), script, JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", (status, signal) => resolve(status ?? signal)));
  return { code, output };
}

/** One that nobody has collected has ended, too. */
function hasEnded(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
