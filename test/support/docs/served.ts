import { readFileSync } from "node:fs";
import { connect } from "node:tls";

/** The fingerprint of the certificate that a server on this machine presents to a client that trusts these roots. */
export function certificateServed(port: number, caPath: string, servername = "web.internal.example"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername, ca: readFileSync(caPath) });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase() ?? "none");
      socket.destroy();
    });
  });
}
