import { connect, type Socket } from "node:net";
import { connect as startTls } from "node:tls";

/** What clients saw that connected without a pause. */
export interface PostgresqlLoad {
  /** Ends the load: the handshakes on each certificate, by its fingerprint, and every failure. */
  end(): Promise<{ readonly handshakes: ReadonlyMap<string, number>; readonly errors: readonly string[] }>;
}

/** An SSLRequest of PostgreSQL's protocol. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** So many clients at once, each with one TLS handshake after the other; certificates must verify with this root. */
export function loadPostgresql(port: number, ca: string, clients = 4): PostgresqlLoad {
  const handshakes = new Map<string, number>();
  const errors: string[] = [];
  let ended = false;
  const client = async (): Promise<void> => {
    while (!ended) {
      try {
        const fingerprint = await shakeHands(port, ca);
        handshakes.set(fingerprint, (handshakes.get(fingerprint) ?? 0) + 1);
      } catch (error) {
        errors.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    end: async () => {
      ended = true;
      await all;
      return { handshakes, errors };
    },
  };
}

async function shakeHands(port: number, ca: string): Promise<string> {
  const plain = connect(port, "127.0.0.1");
  try {
    await answered(plain);
    return await new Promise((resolve, reject) => {
      const secure = startTls({ socket: plain, ca, servername: "web.example.com" });
      secure.on("error", reject);
      secure.on("secureConnect", () => {
        resolve((secure.getPeerX509Certificate()?.fingerprint256 ?? "").replaceAll(":", "").toLowerCase());
      });
    });
  } finally {
    plain.destroy();
  }
}

/** The server is willing to speak TLS. */
function answered(plain: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    plain.on("error", reject);
    plain.on("connect", () => plain.write(sslRequest));
    plain.once("data", (answer) => {
      if (answer.toString() === "S") resolve();
      else reject(new Error(`PostgreSQL answered ${answer.toString()}.`));
    });
  });
}
