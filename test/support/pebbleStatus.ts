import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CertificateStatus, Pebble } from "./pebble";

/** An OCSP responder for the certificates of a Pebble, which has none itself. */
export interface PebbleStatus {
  /** For `ocspResponderUrl` of the Pebble. */
  readonly url: string;
  /** Answers for this Pebble from now on. */
  serve(pebble: Pebble): Promise<void>;
  /** Serial numbers asked for, in order: hexadecimal, upper case. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

const openssl = async (...args: string[]): Promise<string> => (await promisify(execFile)("openssl", args)).stdout;

/** `openssl ocsp` answers with what the Pebble says of a certificate, signed by the Pebble's intermediate. */
export async function startPebbleStatus(): Promise<PebbleStatus> {
  const folder = mkdtempSync(join(tmpdir(), "pebble-status-"));
  const file = (name: string): string => join(folder, name);
  const asked: string[] = [];
  /** When it was first seen that a serial number is revoked: the answer is the same from then on. */
  const revokedSince = new Map<string, Date>();
  let pebble: Pebble | undefined;

  const answer = async (request: Buffer): Promise<Buffer> => {
    const path = file(`request-${process.hrtime.bigint()}`);
    writeFileSync(path, request);
    const text = await openssl("ocsp", "-reqin", path, "-req_text");
    const serial = /Serial Number: ([0-9A-F]+)/.exec(text)?.[1] ?? "";
    asked.push(serial);
    const status = await pebble?.statusBySerial(serial);
    if (status?.status === "Revoked" && !revokedSince.has(serial)) revokedSince.set(serial, new Date());
    writeFileSync(`${path}.index`, status === undefined ? "" : indexLine(serial, status, revokedSince.get(serial)));
    const signer = ["-CA", file("ca.pem"), "-rsigner", file("ca.pem"), "-rkey", file("ca.key"), "-ndays", "1"];
    await openssl("ocsp", "-index", `${path}.index`, "-reqin", path, "-respout", `${path}.answer`, ...signer);
    return readFileSync(`${path}.answer`);
  };
  const server = createServer((request, response) => {
    bodyOf(request)
      .then(answer)
      .then(
        (body) => response.end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ocsp`,
    asked,
    serve: async (served) => {
      const [certificate = ""] = await served.intermediates();
      const [key = ""] = await served.intermediateKeys();
      writeFileSync(file("ca.pem"), certificate);
      writeFileSync(file("ca.key"), key, { mode: 0o600 });
      pebble = served;
    },
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true });
    },
  };
}

const reasonNames: Readonly<Record<number, string>> = {
  0: "unspecified",
  1: "keyCompromise",
  4: "superseded",
  5: "cessationOfOperation",
};

/** A line of the index of `openssl ca`; the end does not count. */
function indexLine(serial: string, { status, reason }: CertificateStatus, since: Date | undefined): string {
  const revoked = [indexTime(since), reasonNames[reason ?? -1]].filter(Boolean).join(",");
  const fields = status === "Valid" ? ["V", "491231235959Z", ""] : ["R", "491231235959Z", revoked];
  return `${[...fields, serial, "unknown", "/CN=any"].join("\t")}\n`;
}

/** `YYMMDDHHMMSSZ` */
function indexTime(time: Date | undefined): string {
  return time === undefined ? "" : `${time.toISOString().slice(2, 19).replaceAll(/[-:T]/g, "")}Z`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
