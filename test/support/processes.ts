import { readdirSync, readFileSync } from "node:fs";
import { until } from "./until";

/** A running process. */
export interface RunningProcess {
  readonly pid: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
}

/** The environment variable by which a test finds the processes that come from a command it started. */
export const markVariable = "CERTIFICATES_TEST_COMMAND";

/**
 * The processes that have `mark` in their environment: everything a command started, also what outlived its parent.
 * Linux only, as it reads /proc.
 */
export function markedProcesses(mark: string): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const environment = readFileSync(`/proc/${entry}/environ`, "utf8");
      if (!environment.split("\0").includes(`${markVariable}=${mark}`)) continue;
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      if (command !== "") found.push({ pid: Number(entry), command }); // it is empty once a process has ended
    } catch (error) {
      // It has just ended, or belongs to another user.
      if (!["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return found;
}

/** Ends these processes at once; those that have ended meanwhile are passed over. */
export function killProcesses(processes: readonly RunningProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Resolves when no process that came from a command is left; fails after `timeoutMs`. */
export function processesGone(mark: string, timeoutMs: number): Promise<void> {
  return until("the processes of a command to end", () => markedProcesses(mark).length === 0, timeoutMs);
}
