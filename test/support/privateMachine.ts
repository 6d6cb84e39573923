import { spawnSync } from "node:child_process";

/**
 * Runs a program as root in a mount namespace in which these directories are copies of this machine's own: what it
 * changes there is gone when it ends. Its standard output.
 */
export function runOnPrivateMachine(
  directories: readonly string[],
  prepare: string,
  program: readonly string[],
): string {
  const mounts = directories.map((directory, index) => {
    const [upper, work] = [`/mnt/upper-${index}`, `/mnt/work-${index}`];
    const options = `lowerdir=${directory},upperdir=${upper},workdir=${work}`;
    return `mkdir ${upper} ${work} && mount -t overlay overlay -o ${options} ${directory}`;
  });
  const script = ["set -e", "mount -t tmpfs tmpfs /mnt", ...mounts, prepare, 'exec "$@"'].join("\n");
  const { status, stdout, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", script, "sh", ...program], {
    encoding: "utf8",
  });
  if (status === 0) return stdout;
  throw new Error(`${program.join(" ").slice(0, 200)} ended with ${String(status)}:\n${stderr}`);
}
