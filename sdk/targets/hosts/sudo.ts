import type { CommandResult } from "../../net/command";
import type { SshSpec } from "./sshSpec";

/** The words before a command that root is to run, where the host says so. */
export function bySudo({ sudo }: SshSpec): readonly string[] {
  return sudo ? ["sudo", "-n", "--"] : [];
}

const refused = /^sudo: |not allowed to execute|not in the sudoers file|failed to run command .?sudo/m;

/** What to do on the host if sudo did not run a command; empty if it did. */
export function sudoFix({ sudo, user, name }: SshSpec, command: readonly string[], result: CommandResult): string {
  if (!sudo || result.code === 0 || !refused.test(result.output)) return "";
  if (result.code === 127) return `There is no sudo on ${name}: install it, or let root log in.`;
  const line = `${user} ALL=(root) NOPASSWD: ${sudoersCommand(command)}`;
  return `On ${name} sudo does not run it: put this line into /etc/sudoers.d/${user} there: ${line}`;
}

/** A command as sudoers(5) reads it; one without arguments would be allowed with any. */
export function sudoersCommand(command: readonly string[]): string {
  const words = command.map((word) => word.replace(/[,:=\\*?[\]! ]/g, "\\$&"));
  return (words.length > 1 ? words : [...words, '""']).join(" ");
}
