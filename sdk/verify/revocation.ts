import { createHash, type X509Certificate } from "node:crypto";
import { CertificatesError, messageOf } from "../errors";
import { type Blame, CircuitBreakers } from "../net/breaker";
import { HttpFailure, httpRequest } from "../net/http";
import { type AccessUrls, accessUrls } from "../x509/accessUrls";
import { readCrl, statusInCrl } from "../x509/crl";
import { MalformedDer } from "../x509/derReader";
import { readCertificateFields } from "../x509/fields";
import { ocspRequest, type OcspSubject, readOcspResponse } from "../x509/ocsp";
import { parseCertificate, parseCertificates } from "../x509/parse";
import { type RevocationReason, type StatusAnswer, UnreliableAnswer } from "../x509/revocationData";
import { crlDer } from "./crlDer";
import { RevocationCache } from "./revocationCache";

export interface RevocationOptions {
  readonly signal: AbortSignal;
  /** Roots to trust for `https` URLs besides those of Node.js, PEM. */
  readonly caBundlePem?: string;
  /** For each request, in milliseconds. @default 10,000 */
  readonly timeoutMs?: number;
  /** The moment at which an answer must be current. @default now */
  readonly now?: Date;
}

/** Whether a certificate was revoked, as far as its CA says so. What is not known is never `good`. */
export interface Revocation {
  readonly status: "good" | "revoked" | "unknown";
  readonly reason?: RevocationReason;
  /** RFC 3339. */
  readonly revokedAt?: string;
  /** Who said so; `none` if nobody did. */
  readonly source: "ocsp" | "crl" | "none";
  /** Why the status is not known. */
  readonly why?: string;
}

const defaultTimeout = 10_000;
const maxOcspBytes = 64 * 1024;
/** Lists of CAs with a million revoked certificates are larger; they are for CAs, not for one certificate. */
const maxCrlBytes = 16 * 1024 * 1024;
/** More URLs of one kind are not asked. */
const maxUrls = 3;

const cache = new RevocationCache();

/**
 * Asks whether a certificate was revoked: the OCSP responders that it names (RFC 6960), and where none gives an answer
 * that can be relied on, its revocation lists (RFC 5280 6.3). The issuer's certificate must be in `chainPem`. Throws
 * only when it was aborted, or when the certificates themselves cannot be read.
 */
export async function revocationOf(
  certificatePem: string,
  chainPem: string,
  options: RevocationOptions,
): Promise<Revocation> {
  const { certificate } = parseCertificate(certificatePem, "certificatePem");
  const issuer = parseCertificates(chainPem, "chainPem")
    .map((facts) => facts.certificate)
    .find((above) => certificate.checkIssued(above) && certificate.verify(above.publicKey));
  if (issuer === undefined) return unknown("its issuer is not in the chain");
  const urls = urlsOf(certificate);
  if (urls === undefined) return unknown("the extensions that say where its status is are malformed");
  const subject = { certificate, issuer };
  const ask = { subject, options, now: options.now ?? new Date() };
  const tries = [
    ...urls.ocsp
      .filter(isHttp)
      .slice(0, maxUrls)
      .map((url) => ({ source: "ocsp" as const, url })),
    ...urls.crl
      .filter(isHttp)
      .slice(0, maxUrls)
      .map((url) => ({ source: "crl" as const, url })),
  ];
  if (tries.length === 0) return unknown("it names neither an OCSP responder nor a revocation list at an HTTP URL");
  const failures: string[] = [];
  for (const { source, url } of tries) {
    try {
      const answer = source === "ocsp" ? await askResponder(url, ask) : await askList(url, urls.crl, ask);
      return described(answer, source, url);
    } catch (error) {
      options.signal.throwIfAborted();
      failures.push(`${url}: ${failureText(error)}`);
    }
  }
  return unknown(failures.join("; "));
}

function urlsOf(certificate: X509Certificate): AccessUrls | undefined {
  try {
    return accessUrls(readCertificateFields(certificate.raw));
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

interface Ask {
  readonly subject: OcspSubject;
  readonly options: RevocationOptions;
  readonly now: Date;
}

async function askResponder(url: string, { subject, options, now }: Ask): Promise<StatusAnswer> {
  const body = ocspRequest(subject);
  const key = `ocsp ${url} ${createHash("sha256").update(body).digest("hex")}`;
  const headers = { "content-type": "application/ocsp-request", accept: "application/ocsp-response" };
  const request = { url, body, headers, maxBytes: maxOcspBytes };
  return useful(key, await fetched(key, request, options), (answer) => readOcspResponse(answer, subject, now));
}

async function askList(url: string, crlUrls: readonly string[], { subject, options, now }: Ask): Promise<StatusAnswer> {
  const { certificate, issuer } = subject;
  const key = `crl ${url}`;
  const answer = await fetched(key, { url, maxBytes: maxCrlBytes }, options);
  return useful(key, answer, (bytes) => statusInCrl(readCrl(crlDer(bytes), issuer), certificate, crlUrls, now));
}

/** Servers that gave no answer for some certificates: for the others they are not waited for. */
const servers = new CircuitBreakers();
const blameOf = (error: unknown): Blame =>
  error instanceof HttpFailure && error.kind !== "aborted" ? "theirs" : "unknown";

/** An answer that cannot be relied on is not kept for long. */
function useful(key: string, body: Buffer, read: (body: Buffer) => StatusAnswer): StatusAnswer {
  try {
    return read(body);
  } catch (error) {
    cache.shorten(key);
    throw error;
  }
}

/** The body at a URL, at most once at a time. The request ends with its own time limit; who no longer waits leaves. */
function fetched(
  key: string,
  request: { url: string; body?: Buffer; headers?: Record<string, string>; maxBytes: number },
  { signal, caBundlePem, timeoutMs = defaultTimeout }: RevocationOptions,
): Promise<Buffer> {
  signal.throwIfAborted();
  const body = cache.get(key, async () => {
    const trusted = caBundlePem === undefined ? {} : { caBundlePem };
    const { origin } = new URL(request.url);
    const response = await servers.run(origin, () => httpRequest({ ...request, ...trusted, timeoutMs }), blameOf);
    if (response.status !== 200) throw new UnreliableAnswer(`the server answered ${response.status}`);
    return response.body;
  });
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    body.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function described(answer: StatusAnswer, source: "ocsp" | "crl", url: string): Revocation {
  if (answer.status !== "revoked")
    return answer.status === "good"
      ? { status: "good", source }
      : { status: "unknown", source, why: `${url} does not know the certificate` };
  const { revokedAt, reason } = answer;
  return {
    status: "revoked",
    source,
    revokedAt: revokedAt.toISOString().replace(".000Z", "Z"),
    ...(reason === undefined ? {} : { reason }),
  };
}

const unknown = (why: string): Revocation => ({ status: "unknown", source: "none", why });
const isHttp = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url);

/** What an answer that is of no use, or its absence, means in words; anything else is a mistake in this package. */
function failureText(error: unknown): string {
  if (error instanceof MalformedDer) return `the answer is malformed: ${error.message}`;
  if (error instanceof UnreliableAnswer || error instanceof HttpFailure || CertificatesError.is(error))
    return messageOf(error).replace(/\.$/, "");
  throw error;
}
