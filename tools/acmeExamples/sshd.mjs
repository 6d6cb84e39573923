// Starts an OpenSSH server on this machine, in the place of the hosts of an example.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ensureServers } from "../servers.mjs";
import { startServer } from "./childServer.mjs";
import { freePorts } from "./freePorts.mjs";

/**
 * It lets in the user who runs this, with one key for each of `keys`: its name, and the options that stand before it in
 * `authorized_keys`.
 */
export async function startSshd(folder, { keys = { deploy: "" } } = {}) {
  const { sshd } = await ensureServers(["sshd"]);
  const [port] = await freePorts(1);
  const cwd = mkdtempSync(join(folder, "sshd-"));
  const newKey = (name) => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(cwd, name)]);
    return readFileSync(join(cwd, `${name}.pub`), "utf8").trim();
  };
  const hostKey = newKey("host");
  const authorized = Object.entries(keys).map(([name, options]) => `${options} ${newKey(name)}\n`);
  writeFileSync(join(cwd, "authorized_keys"), authorized.join(""), { mode: 0o600 });
  const settings = {
    Port: port,
    ListenAddress: "127.0.0.1",
    HostKey: join(cwd, "host"),
    AuthorizedKeysFile: join(cwd, "authorized_keys"),
    PidFile: "none",
    UsePAM: "no",
    StrictModes: "no",
    PasswordAuthentication: "no",
    PermitRootLogin: "prohibit-password",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(cwd, "sshd_config"), lines.join(""));
  // Where a server that root starts leaves its rights.
  if (process.getuid() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = await startServer(sshd, ["-D", "-e", "-f", join(cwd, "sshd_config")], { cwd, ports: [port] });
  return {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    hostKey,
    /** The path of a private key. */
    identityFile: (name) => join(cwd, name),
    output: server.output,
    stop: server.stop,
  };
}
