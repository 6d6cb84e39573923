import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { kindOfSolver } from "../../../sdk/solvers/registry";
import { standalone } from "../../../sdk/solvers/standalone";
import { freePorts } from "../freePorts";
import type { SolverFixture } from "./fixture";
import { listens } from "./standaloneHttp01";

/** What a server shows to one that asks as a CA does (RFC 8737, 3); undefined if it ends the handshake. */
export function acmeHandshake(
  port: number,
  servername: string,
  { protocols = ["acme-tls/1"], address = "127.0.0.1" } = {},
): Promise<{ protocol: string | false; certificate: X509Certificate } | undefined> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect(
      { host: address, port, servername, ALPNProtocols: protocols, rejectUnauthorized: false },
      () => {
        const certificate = new X509Certificate((socket.getPeerCertificate() as { raw: Buffer }).raw);
        resolve({ protocol: socket.alpnProtocol ?? false, certificate });
        socket.destroy();
      },
    );
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

/** The critical extension id-pe-acmeIdentifier with this digest, in DER. */
export function acmeIdentifierDer(digest: string): string {
  return `06082b0601050507011f0101ff04220420${Buffer.from(digest, "base64url").toString("hex")}`;
}

export const standaloneTlsAlpn01Fixture: SolverFixture = {
  kind: kindOfSolver("tlsAlpn01", standalone(), "solver"),
  slot: "tlsAlpn01",
  sameName: "inTurn",
  async create() {
    const [port = 0] = await freePorts(1);
    return {
      args: { ...standalone({ port, address: "127.0.0.1" }) },
      name: "web.example.com",
      async answers({ identifier, digest }) {
        if (!(await listens(port))) return false;
        const shown = await acmeHandshake(port, identifier.value);
        if (shown === undefined) return false;
        const { protocol, certificate } = shown;
        return (
          protocol === "acme-tls/1" &&
          certificate.subjectAltName === `DNS:${identifier.value}` &&
          certificate.raw.toString("hex").includes(acmeIdentifierDer(digest)) &&
          certificate.verify(certificate.publicKey)
        );
      },
      leftovers: async () => ((await listens(port)) ? ["the listener"] : []),
      close: () => Promise.resolve(),
    };
  },
  invalid: [
    [{ port: 0 }, "port"],
    [{ port: "443" }, "port"],
    [{ address: "localhost" }, "address"],
  ],
};
