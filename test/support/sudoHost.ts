import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type SshServer, startSshServer } from "./sshServer";

/** A machine with a user `deploy`, that may do by sudo what its sudoers file says. */
export interface SudoHost {
  readonly ssh: SshServer;
  /** Writes /etc/sudoers.d/deploy, once visudo has accepted it. */
  allow(line: string): void;
  stop(): Promise<void>;
}

export const deployUser = { name: "deploy", uid: 1777 } as const;

export interface SudoHostOptions {
  readonly address: string;
  /** Files of its /etc and /run by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Programs by the path at which it has them: scripts, or paths of programs of this machine. */
  readonly programs: Readonly<Record<string, string>>;
  /** Directories that belong to the user. */
  readonly ownDirectories: readonly string[];
}

/** Starts it, with a real sudo. Nothing of it is seen outside. */
export async function startSudoHost(sshd: string, options: SudoHostOptions): Promise<SudoHost> {
  const { address, files, programs, ownDirectories } = options;
  const { name: user, uid } = deployUser;
  const folder = mkdtempSync(join(tmpdir(), "sudo-host-"));
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    chmodSync(join(folder, path), mode);
  };
  const more = (path: string, line: string, mode?: number): void =>
    write(path, `${readFileSync(path, "utf8")}${line}\n`, mode);
  more("/etc/passwd", `${user}:x:${uid}:${uid}::/:/bin/sh`);
  more("/etc/group", `${user}:x:${uid}:`);
  more("/etc/shadow", `${user}:*:19000:0:99999:7:::`, 0o640);
  for (const [path, text] of Object.entries(files)) write(path, text);
  for (const [path, program] of Object.entries(programs)) {
    if (program.startsWith("#!")) write(path, program, 0o755);
    else if (program !== path) write(path, `#!/bin/sh\nexec '${program}' "$@"\n`, 0o755);
  }
  for (const path of ownDirectories) mkdirSync(join(folder, path), { recursive: true });
  const ssh = await startSshServer(sshd, { address, files: folder, user });
  for (const path of ownDirectories) ssh.inside(["chown", "-R", `${uid}:${uid}`, path]);
  return {
    ssh,
    allow(line) {
      const [source, path] = [join(folder, "sudoers"), `/etc/sudoers.d/${user}`];
      writeFileSync(source, `${line}\n`, { mode: 0o440 });
      ssh.inside(["visudo", "-c", "-f", source]);
      ssh.inside(["cp", "--preserve=mode", source, path]);
    },
    stop: async () => {
      await ssh.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
