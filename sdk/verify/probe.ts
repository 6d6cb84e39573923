import type { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { connect as startTls, type ConnectionOptions, type TLSSocket, type TLSSocketOptions } from "node:tls";
import { CertificatesError } from "../errors";
import { classifyFailure, type ProbeStage } from "./classifyFailure";
import type { EndpointProtocol } from "./endpoint";
import { ProbeError, type ProbeFailure } from "./probeFailure";
import { type Handshake, type Served, servedBy, type ServedKeyType, type TlsVersion } from "./served";
import { findPreamble } from "./starttls";
import { PlainStream } from "./starttls/plainStream";
import { meansClientCertificateMissing, receivedAlert } from "./tlsAlerts";
import { thisMachine, type Vantage } from "./vantage";

export interface ProbeOptions {
  /** The SNI to send; none if absent. Never an IP address. */
  serverName?: string;
  /** For the whole probe: connecting, upgrading, shaking hands. In milliseconds. */
  timeoutMs: number;
  /** Offers this version only; both if absent. */
  tlsVersion?: TlsVersion;
  /** Offers signature algorithms and cipher suites for this kind of key only; all if absent. */
  keyType?: ServedKeyType;
  signal?: AbortSignal;
}

export type ProbeOutcome = { ok: true; served: Served } | { ok: false; failure: ProbeFailure };

/**
 * Shakes hands once with one IP address and reports the certificates exactly as the server sent them. Nothing is
 * judged here and nothing is trusted: verification is off because its point is to look at what may be wrong, and no
 * byte of application data is sent or read. No session is ever resumed.
 */
export async function probeEndpoint(
  endpoint: { address: string; port: number; protocol: EndpointProtocol; from?: Vantage },
  options: ProbeOptions,
): Promise<ProbeOutcome> {
  const { address, port, protocol, from = thisMachine() } = endpoint;
  let stage: ProbeStage = "connecting";
  let socket: Duplex | undefined;
  const connecting = new AbortController();
  const end = (): void => {
    connecting.abort();
    socket?.destroy();
  };
  const guard = guardOf(end, options, () => stage);
  try {
    socket = await Promise.race([from.connect(address, port, connecting.signal), guard.gaveUp]);
    const broken = failureOf(socket);
    const preamble = findPreamble(protocol);
    if (preamble !== undefined) {
      stage = "upgrading to TLS";
      const stream = new PlainStream(socket);
      await Promise.race([preamble.negotiate(stream), broken, guard.gaveUp]);
      stream.assertNothingLeft();
    }
    stage = "TLS handshake";
    const hello = await Promise.race([shakeHands(socket, options), broken, guard.gaveUp]);
    return { ok: true, served: servedBy({ address, port, family: isIPv6(address) ? 6 : 4 }, hello) };
  } catch (error) {
    end();
    if (CertificatesError.is(error)) throw error;
    return { ok: false, failure: classifyFailure(error, stage, address) };
  } finally {
    guard.release();
  }
}

/** Ends the probe on timeout or abort, whatever it is doing. */
function guardOf(
  end: () => void,
  options: ProbeOptions,
  stage: () => ProbeStage,
): { gaveUp: Promise<never>; release(): void } {
  const { signal, timeoutMs } = options;
  let release = (): void => undefined;
  const gaveUp = new Promise<never>((_, reject) => {
    const giveUp = (error: ProbeError): void => {
      reject(error);
      end();
    };
    const onTimeout = (): void => {
      giveUp(new ProbeError("timeout", `no answer within ${String(timeoutMs)} ms (${stage()})`));
    };
    const onAbort = (): void => giveUp(new ProbeError("aborted", "the probe was stopped"));
    const timer = setTimeout(onTimeout, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    release = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  });
  // The race may be over when it rejects; without a handler that would end the process.
  gaveUp.catch(() => undefined);
  return { gaveUp, release: () => release() };
}

/** Rejects when the connection breaks. It listens for longer than the probe: a later error has nobody else to go to. */
function failureOf(socket: Duplex): Promise<never> {
  const failure = new Promise<never>((_, reject) => socket.on("error", reject));
  failure.catch(() => undefined);
  return failure;
}

function shakeHands(socket: Duplex, options: ProbeOptions): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const tls = startTls({ socket, ...handshakeOptions(options) });
    let certificates: X509Certificate[] | undefined;
    let ended = false;
    const finish = (clientCertificateRequired: boolean): void => {
      ended = true;
      const tlsVersion = tls.getProtocol() === "TLSv1.2" ? "1.2" : "1.3";
      certificates ??= sentCertificates(tls);
      tls.destroySoon();
      if (certificates.length === 0) reject(new ProbeError("badHandshake", "the server sent no certificate"));
      else resolve({ tlsVersion, certificates, clientCertificateRequired });
    };
    const fail = (error: Error): void => {
      if (ended) return;
      const alert = receivedAlert(error);
      if (certificates !== undefined && alert !== undefined && meansClientCertificateMissing(alert)) finish(true);
      else reject(error);
    };
    // Raised, with or without a stapled response, once the server's certificates and its proof of possession were
    // read. In TLS 1.2 a server that wants a client certificate ends the handshake right after that.
    tls.once("OCSPResponse", () => (certificates = sentCertificates(tls)));
    tls.once("secureConnect", () => finish(false));
    tls.on("error", fail);
    tls.once("close", () => fail(new ProbeError("closed", "the server closed the connection while shaking hands")));
  });
}

/**
 * The certificates as sent, leaf first. `getPeerCertificate(true)` would fill gaps from the local trust store. Reading
 * the chain takes it out of the connection, so this works once per handshake.
 */
function sentCertificates(tls: TLSSocket): X509Certificate[] {
  const sent: X509Certificate[] = [];
  for (let one = tls.getPeerX509Certificate(); one !== undefined; one = one.issuerCertificate) sent.push(one);
  return sent;
}

/** PKCS#1 v1.5 can sign certificates but no TLS 1.3 handshake: beside ECDSA it admits any chain, and no RSA key. */
const signatureAlgorithms: Readonly<Record<ServedKeyType, string>> = {
  ECDSA: "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512",
  RSA: "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512",
};
const tls12Ciphers: Readonly<Record<ServedKeyType, string>> = { ECDSA: "DEFAULT:!aRSA", RSA: "DEFAULT:!aECDSA" };

function handshakeOptions(options: ProbeOptions): ConnectionOptions & Pick<TLSSocketOptions, "requestOCSP"> {
  const { serverName, tlsVersion, keyType } = options;
  return {
    rejectUnauthorized: false,
    ca: [],
    requestOCSP: true,
    minVersion: tlsVersion === "1.3" ? "TLSv1.3" : "TLSv1.2",
    maxVersion: tlsVersion === "1.2" ? "TLSv1.2" : "TLSv1.3",
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(keyType === undefined ? {} : { sigalgs: signatureAlgorithms[keyType] }),
    ...(keyType === undefined || tlsVersion === "1.3" ? {} : { ciphers: tls12Ciphers[keyType] }),
  };
}
