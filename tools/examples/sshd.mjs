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
 * `authorized_keys`. `wrap` makes another command of the one that starts it.
 */
export async function startSshd(
  folder,
  { keys = { deploy: "" }, address = "127.0.0.1", wrap = (command) => command } = {},
) {
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
    ListenAddress: address,
    HostKey: join(cwd, "host"),
    AuthorizedKeysFile: join(cwd, "authorized_keys"),
    PidFile: "none",
    UsePAM: "no",
    StrictModes: "no",
    PasswordAuthentication: "no",
    PermitRootLogin: "prohibit-password",
    // Bash takes itself for a shell within another and leaves out what the user has in .bashrc.
    SetEnv: "SHLVL=1",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(cwd, "sshd_config"), lines.join(""));
  // Where a server that root starts leaves its rights.
  if (process.getuid() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const [program, ...args] = wrap([sshd, "-D", "-e", "-f", join(cwd, "sshd_config")]);
  const server = await startServer(program, args, { cwd, host: address, ports: [port] });
  return {
    host: address,
    port,
    user: userInfo().username,
    hostKey,
    /** The path of a private key. */
    identityFile: (name) => join(cwd, name),
    output: server.output,
    stop: server.stop,
  };
}
