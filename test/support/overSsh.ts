import type { Host } from "../../sdk/targets/hosts/host";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { SshHost } from "../../sdk/targets/hosts/sshHost";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import { findProgram } from "./program";
import { needs } from "./requirements";
import { startSshServer } from "./sshServer";

/** Works on this machine as on a host that is reached through a real OpenSSH server. */
export async function overSsh(work: (host: Host) => Promise<void>): Promise<void> {
  const server = await startSshServer(needs("sshd").program);
  try {
    const { user, port, hostKey, privateKey } = server;
    const spec = parseSsh({ kind: "ssh", host: "127.0.0.1", user, port, hostKey, privateKey }, "hosts[0]");
    const connection = await SshConnection.open(spec, findProgram("ssh") ?? "ssh");
    try {
      await work(new SshHost(connection));
    } finally {
      await connection.close();
    }
  } finally {
    await server.stop();
  }
}
