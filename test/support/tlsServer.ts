import { once } from "node:events";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import type { TestCertificate } from "./testCertificates";

/** An HTTPS server inside the test's own process, whose certificate can be changed while it runs. */
export interface TestTlsServer {
  readonly port: number;
  /** TCP connections accepted so far. */
  connections(): number;
  /** Waits for so many completed handshakes, and says of each whether it resumed an earlier session. */
  resumed(handshakes: number): Promise<boolean[]>;
  /** New connections get this certificate from now on. */
  serve(certificate: SecureContextOptions): void;
  close(): Promise<void>;
}

export interface TestTlsServerOptions extends TlsOptions {
  /** @default "127.0.0.1" */
  host?: string;
  /** @default any free one */
  port?: number;
}

/** Starts a server; it answers every request with "ok". */
export async function startTlsServer({
  host = "127.0.0.1",
  port = 0,
  ...options
}: TestTlsServerOptions): Promise<TestTlsServer> {
  const server = createServer(options as ServerOptions, (_request, response) => response.end("ok\n"));
  return { ...(await listen(server, host, port)), serve: (certificate) => server.setSecureContext(certificate) };
}

/** How a server is told to serve a certificate with its whole chain. */
export function served(certificate: TestCertificate): { cert: string; key: string } {
  return { cert: certificate.fullChainPem, key: certificate.privateKeyPem };
}

async function listen(server: Server, host: string, port: number): Promise<Omit<TestTlsServer, "serve">> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const resumed: boolean[] = [];
  server.on("secureConnection", (socket) => resumed.push(socket.isSessionReused()));
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  // A client that stops after the handshake is what these tests are about.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => accepted,
    resumed: async (handshakes) => {
      while (resumed.length < handshakes) await once(server, "secureConnection");
      return resumed;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
