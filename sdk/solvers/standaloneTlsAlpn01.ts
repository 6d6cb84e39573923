import { createSecureContext, createServer, type SecureContext } from "node:tls";
import type { Challenge, Identifier } from "../acme/challenge";
import { generatePrivateKey } from "../keys/generate";
import { localSigner } from "../keys/signer";
import { issueCertificate } from "../x509/certificate";
import { ipToBytes } from "../x509/ipAddress";
import type { ServedAnswer } from "./namedAnswers";
import { SharedListeners } from "./sharedListener";
import { defineSolver } from "./solver";
import { type ListenAddress, type StandaloneSolver, parseStandalone, standalone } from "./standalone";

/** The protocol that a CA asks for, and no other client (RFC 8737, 6.2). */
export const acmeTls = "acme-tls/1";

interface TlsAnswer extends ServedAnswer {
  readonly context: SecureContext;
}

const handshakeTimeout = 10_000;
const day = 86_400_000;

/** Certificates by the server name that a CA asks for. */
const listeners = new SharedListeners<TlsAnswer>((answerTo) => {
  const server = createServer(
    {
      ALPNProtocols: [acmeTls],
      minVersion: "TLSv1.2",
      handshakeTimeout,
      SNICallback(name, done) {
        const answer = answerTo(name.toLowerCase());
        if (answer === undefined) done(new Error("There is no challenge for this name."));
        else done(null, answer.context);
      },
    },
    // The handshake was the answer (RFC 8737, 3).
    (socket) => socket.end(),
  );
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
});

/** The server name for an identifier: of an address, its name for reverse lookups (RFC 8738, 6). */
export function challengeServerName({ type, value }: Identifier): string {
  const bytes = type === "ip" ? ipToBytes(value) : undefined;
  if (bytes === undefined) return value;
  if (bytes.length === 4) return `${[...bytes].reverse().join(".")}.in-addr.arpa`;
  return `${[...bytes.toString("hex")].reverse().join(".")}.ip6.arpa`;
}

/** The certificate that answers a challenge, self-signed (RFC 8737, 3). */
export async function challengeCertificate({ identifier, digest }: Challenge): Promise<{ key: string; cert: string }> {
  const key = await generatePrivateKey("ECDSA-P256");
  const signer = localSigner(key);
  const now = Date.now();
  const { pem } = await issueCertificate(
    {
      subject: { commonName: "ACME challenge" },
      names: identifier.type === "ip" ? { ipAddresses: [identifier.value] } : { dnsNames: [identifier.value] },
      publicKey: signer.publicKey,
      notBefore: new Date(now - day),
      notAfter: new Date(now + 7 * day),
      acmeIdentifier: Buffer.from(digest, "base64url"),
    },
    "self",
    signer,
  );
  return { key: key.export({ type: "pkcs8", format: "pem" }).toString(), cert: pem };
}

/**
 * tls-alpn-01 from an own TLS listener (RFC 8737; RFC 8738 for addresses). A name shows one certificate at a time: a
 * second challenge for it waits until the first is done.
 */
export const standaloneTlsAlpn01 = defineSolver<ListenAddress, StandaloneSolver>({
  kind: "standalone",
  challenge: "tls-alpn-01",
  factory: standalone,
  secrets: [],
  parse: (value, property) => parseStandalone(443, value, property),
  preflight: (spec, _names, context) => listeners.check(spec, context),
  async present(spec, challenge, context) {
    const answer = { id: challenge.digest, context: createSecureContext(await challengeCertificate(challenge)) };
    const remove = await listeners.serve(spec, challengeServerName(challenge.identifier), answer, context);
    return { ready: () => Promise.resolve(), remove };
  },
});
