import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

export interface TestSmtpOptions {
  cert: string;
  key: string;
  /** @default true */
  offersStartTls?: boolean;
  /** Clear text sent in the same packet as the agreement to start TLS. */
  injected?: string;
  /** The reply to STARTTLS. @default "220 ready to start TLS" */
  agreement?: string;
  /** @default "220-mail.example.com ESMTP" in two lines */
  greeting?: string;
}

/** An SMTP server that knows EHLO, STARTTLS and nothing else; not listening yet. */
export function createSmtpServer(options: TestSmtpOptions): Server {
  const { greeting = "220-mail.example.com ESMTP\r\n220 at your service" } = options;
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(`${greeting}\r\n`);
    answer(socket, options);
  });
}

function answer(socket: Socket, options: TestSmtpOptions): void {
  const { offersStartTls = true, agreement = "220 ready to start TLS", injected = "" } = options;
  let received = "";
  const onData = (data: Buffer): void => {
    received += data.toString("latin1");
    for (let end = received.indexOf("\r\n"); end >= 0; end = received.indexOf("\r\n")) {
      const command = received.slice(0, end).toUpperCase();
      received = received.slice(end + 2);
      if (/^EHLO \[[\w.:]+\]$/.test(command)) {
        socket.write(
          `250-mail.example.com\r\n250-SIZE 1000\r\n${offersStartTls ? "250-STARTTLS\r\n" : ""}250 HELP\r\n`,
        );
      } else if (command === "STARTTLS") {
        socket.off("data", onData);
        socket.write(`${agreement}\r\n${injected}`);
        const { cert, key } = options;
        const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert, key }) });
        tls.on("error", () => tls.destroy());
      } else socket.write("502 not implemented\r\n");
    }
  };
  socket.on("data", onData);
}
