import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./freePorts";
import { type SshServer, startSshServer } from "./sshServer";
import { type MemoryDisk, mountMemory } from "./targets/memoryDisk";
import { until } from "./until";

/** A machine as far as its network address, its files under one path and its nginx go. */
export interface RemoteHost {
  readonly ssh: SshServer;
  readonly address: string;
  /** Of its nginx. */
  readonly port: number;
  /** Where its files really are. */
  readonly folder: string;
  /** What its own nginx said of its configuration; the test may break it. */
  readonly configuration: string;
  /** What its files are on, if that is small. */
  readonly disk?: MemoryDisk;
  stop(): Promise<void>;
}

export interface RemoteHosts {
  readonly all: readonly RemoteHost[];
  /** The path at which each of them has its files: the same on all. */
  readonly path: string;
  /** Checks the configuration, and starts nginx or has it read its certificate again. */
  readonly check: readonly string[];
  readonly reload: readonly string[];
  stop(): Promise<void>;
}

export interface RemotePrograms {
  readonly sshd: string;
  readonly nginx: string;
  /** The size of the disk of each, as in `size=256k`. @default that of this machine */
  readonly disk?: string;
}

/** Starts machines with nginx, which serves `tls/fullchain.pem` and `tls/privkey.pem` under their path. */
export async function startRemoteHosts(count: number, programs: RemotePrograms): Promise<RemoteHosts> {
  const path = mkdtempSync(join(tmpdir(), "host-"));
  const all: RemoteHost[] = [];
  for (let index = 0; index < count; index++) all.push(await startHost(`127.0.0.${index + 2}`, path, programs));
  const nginx = `${programs.nginx} -p ${path} -e ${path}/error.log -c ${path}/nginx.conf`;
  return {
    all,
    path,
    check: ["/bin/sh", "-c", `${nginx} -t`],
    reload: ["/bin/sh", "-c", `if [ -s ${path}/pid ]; then ${nginx} -s reload; else ${nginx}; fi`],
    stop: async () => {
      for (const host of all) await host.stop();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

async function startHost(address: string, path: string, { sshd, disk: size }: RemotePrograms): Promise<RemoteHost> {
  const disk = size === undefined ? undefined : mountMemory(size);
  const folder = disk?.directory ?? mkdtempSync(join(tmpdir(), "host-files-"));
  const [port = 0] = await freePorts(1);
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(folder, name));
  const configuration = join(folder, "nginx.conf");
  writeFileSync(configuration, configurationOf(path, `${address}:${port}`));
  const ssh = await startSshServer(sshd, { address, mount: { folder, at: path } });
  return {
    ...{ ssh, address, port, folder, configuration },
    ...(disk && { disk }),
    stop: async () => {
      await endNginx(join(folder, "pid"));
      await ssh.stop();
      if (disk === undefined) rmSync(folder, { recursive: true, force: true });
      else disk.unmount();
    },
  };
}

async function endNginx(pidFile: string): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, "utf8"));
  } catch {
    return; // it was never started
  }
  process.kill(pid, "SIGTERM");
  await until("nginx to end", () => !existsSync(pidFile));
}

function configurationOf(path: string, listen: string): string {
  const temporary = ["client_body:body", "proxy:proxy", "fastcgi:fastcgi", "uwsgi:uwsgi", "scgi:scgi"].map((pair) => {
    const [name, folder] = pair.split(":");
    return `${name}_temp_path ${path}/${folder};`;
  });
  return `pid ${path}/pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  server {
    listen ${listen} ssl;
    ssl_certificate ${path}/tls/fullchain.pem;
    ssl_certificate_key ${path}/tls/privkey.pem;
  }
}
`;
}
