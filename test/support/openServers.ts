import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { startTlsServer, type TestTlsServer, type TestTlsServerOptions } from "./tlsServer";

/** The servers of one test file; each is closed after the test that opened it. */
export class OpenServers {
  private readonly open: (() => Promise<void>)[] = [];

  constructor() {
    afterEach(() => this.closeAll());
  }

  async tls(options: TestTlsServerOptions): Promise<TestTlsServer> {
    const server = await startTlsServer(options);
    this.open.push(() => server.close());
    return server;
  }

  /** Any TCP server, and the port it listens on. */
  async tcp(onConnection: (socket: Socket) => void, server: Server = createServer()): Promise<number> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      onConnection(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.open.push(async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    });
    return (server.address() as AddressInfo).port;
  }

  private async closeAll(): Promise<void> {
    for (const close of this.open.splice(0)) await close();
  }
}

/** A port on which nothing listens any more. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
