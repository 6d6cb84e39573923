import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { messageOf } from "../errors";
import { runCommand } from "./command";

/**
 * When a process started, in a form that is only to be compared: a number that is used again gets another one, and so
 * does every process after a restart of the machine. Undefined where no such process runs, or the platform does not say.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (platform() === "linux") return linuxStart(pid);
  if (platform() === "win32") return undefined;
  const { code, stdout } = await runCommand(["/bin/ps", "-o", "lstart=", "-p", String(pid)], { timeout: 5_000 });
  return code === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}

async function linuxStart(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
    ]);
    // proc(5): the name, in parentheses, may hold anything; the start time is field 22, the state field 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : `${boot.trim()}/${fields[19] ?? ""}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw new Error(`The start of process ${pid} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Whether the process with this number is still the one that started then. */
export async function isRunning(pid: number, start: string | undefined): Promise<boolean> {
  if (start !== undefined) return (await processStart(pid)) === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
