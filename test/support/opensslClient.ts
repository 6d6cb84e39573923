import { execFile } from "node:child_process";

/** The certificates that `openssl s_client -showcerts` says a server sent, as PEM in the order of sending. */
export function certificatesSentTo(
  port: number,
  tlsVersion: "1.2" | "1.3",
  serverName: string,
  extra: readonly string[] = [],
): Promise<string[]> {
  const version = tlsVersion === "1.2" ? "-tls1_2" : "-tls1_3";
  const args = ["s_client", "-connect", `127.0.0.1:${String(port)}`, "-showcerts", version, "-servername", serverName];
  return new Promise((resolve, reject) => {
    const child = execFile("openssl", [...args, ...extra], { timeout: 20_000 }, (error, stdout) => {
      // A failed handshake gives an exit code too; what was sent until then is printed all the same.
      if (error !== null && error.killed === true) reject(error);
      else resolve(stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
    });
    child.stdin?.end();
  });
}
