// What a server of an example serves.
import { once } from "node:events";
import { connect } from "node:tls";

/** The serial number of the certificate that a new connection gets. */
export async function serialServed({ host = "127.0.0.1", port, servername }) {
  const socket = connect({ host, port, servername, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return BigInt(`0x${serialNumber}`);
}
