import { createHash, X509Certificate } from "node:crypto";
import { messageOf } from "../errors";
import { integer, objectIdentifier, octetString, sequence } from "./der";
import {
  type DerElement,
  expectTag,
  MalformedDer,
  readAll,
  readInteger,
  readOid,
  readOnly,
  readSequence,
  readTime,
} from "./derReader";
import { decodeExtendedKeyUsages, decodeKeyUsages, oids } from "./extensions";
import { readCertificateFields } from "./fields";
import { assertCurrent, revocationReason, type StatusAnswer, UnreliableAnswer } from "./revocationData";
import { type EncodedSignature, isSignedBy } from "./signature";

/** A certificate to ask about, and the one that signed it. */
export interface OcspSubject {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
}

const sha1 = "1.3.14.3.2.26";
const hashes: ReadonlyMap<string, string> = new Map([
  [sha1, "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/**
 * The DER of an OCSPRequest for one certificate (RFC 6960 4.1), without nonce and signature. SHA-1 only names the issuer
 * here; it is the one hash that every responder knows (RFC 5019 2.1.1).
 */
export function ocspRequest(subject: OcspSubject): Buffer {
  const { nameHash, keyHash, serialNumber } = identify(subject, "sha1");
  const algorithm = sequence(objectIdentifier(sha1), Buffer.from("0500", "hex"));
  const certId = sequence(algorithm, octetString(nameHash), octetString(keyHash), integer(serialNumber));
  return sequence(sequence(sequence(sequence(certId))));
}

interface Identity {
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
  /** The contents of the INTEGER. */
  readonly serialNumber: Buffer;
}

function identify({ certificate, issuer }: OcspSubject, hash: string): Identity {
  const { subject, spki } = readCertificateFields(issuer.raw);
  const digest = (bytes: Buffer): Buffer => createHash(hash).update(bytes).digest();
  const { serialNumber } = readCertificateFields(certificate.raw);
  return { nameHash: digest(subject), keyHash: digest(publicKeyBits(spki)), serialNumber };
}

const publicKeyBits = (spki: Buffer): Buffer => expectTag(readSequence(spki)[1], 0x03).content.subarray(1);

const statuses = ["successful", "malformedRequest", "internalError", "", "tryLater", "sigRequired", "unauthorized"];
const basicResponse = "1.3.6.1.5.5.7.48.1.1";

/**
 * What an OCSPResponse (RFC 6960 4.2) says about a certificate. It must be signed by the issuer itself or by a responder
 * that the issuer certified, and be current. Throws `MalformedDer` or `UnreliableAnswer`.
 */
export function readOcspResponse(der: Buffer, subject: OcspSubject, now: Date): StatusAnswer {
  const [status, wrapped] = readSequence(der);
  const code = readInteger(expectTag(status, 0x0a));
  if (code !== 0) throw new UnreliableAnswer(`the responder answered ${statuses[code] || `status ${code}`}`);
  const [type, bytes] = readSequence(readOnly(expectTag(wrapped, 0xa0).content, 0x30).bytes);
  if (readOid(type) !== basicResponse) throw new UnreliableAnswer("the response has another type than basic");
  const [data, algorithm, signature, certificates] = readSequence(expectTag(bytes, 0x04).content);
  const signed = expectTag(data, 0x30);
  const encoded = { algorithm: expectTag(algorithm, 0x30).bytes, bits: expectTag(signature, 0x03).content };
  const { responder, responses } = readResponseData(signed.content);
  assertSigned(signed.bytes, encoded, { responder, certificates, issuer: subject.issuer, now });
  const answer = responses.map((each) => readSingle(each, subject, now)).find((each) => each !== undefined);
  if (answer === undefined) throw new UnreliableAnswer("the response is about another certificate");
  return answer;
}

function readResponseData(content: Buffer): { responder: DerElement; responses: DerElement[] } {
  const parts = readAll(content);
  if (parts[0]?.tag === 0xa0) parts.shift(); // the version
  const [responder, producedAt, responses] = parts;
  expectTag(producedAt, 0x18);
  return { responder: expectTag(responder), responses: readAll(expectTag(responses, 0x30).content) };
}

/** One SingleResponse; undefined if it is about another certificate. */
function readSingle(element: DerElement, subject: OcspSubject, now: Date): StatusAnswer | undefined {
  const [certId, status, thisUpdate, ...rest] = readAll(expectTag(element, 0x30).content);
  if (!isAbout(expectTag(certId, 0x30), subject)) return undefined;
  const next = rest.find(({ tag }) => tag === 0xa0);
  const nextUpdate = next && readTime(readOnly(next.content, 0x18));
  assertCurrent("the response", readTime(expectTag(thisUpdate, 0x18)), nextUpdate, now);
  const until = nextUpdate === undefined ? {} : { nextUpdate };
  switch (expectTag(status).tag) {
    case 0x80:
      return { status: "good", ...until };
    case 0x82:
      return { status: "unknown", ...until };
    default: {
      const [revokedAt, reason] = readAll(expectTag(status, 0xa1).content);
      const number = reason && readInteger(readOnly(expectTag(reason, 0xa0).content, 0x0a));
      return {
        status: "revoked",
        revokedAt: readTime(expectTag(revokedAt, 0x18)),
        ...(number === undefined ? {} : { reason: revocationReason(number) }),
        ...until,
      };
    }
  }
}

function isAbout(certId: DerElement, subject: OcspSubject): boolean {
  const [algorithm, nameHash, keyHash, serialNumber] = readAll(certId.content);
  const hash = hashes.get(readOid(readSequence(expectTag(algorithm, 0x30).bytes)[0]));
  if (hash === undefined) return false;
  const wanted = identify(subject, hash);
  return (
    expectTag(nameHash, 0x04).content.equals(wanted.nameHash) &&
    expectTag(keyHash, 0x04).content.equals(wanted.keyHash) &&
    expectTag(serialNumber, 0x02).content.equals(wanted.serialNumber)
  );
}

interface Signer {
  readonly responder: DerElement;
  readonly certificates: DerElement | undefined;
  readonly issuer: X509Certificate;
  readonly now: Date;
}

/** More certificates than a responder needs to send. */
const maxCertificates = 8;

function assertSigned(signed: Buffer, signature: EncodedSignature, signer: Signer): void {
  const { responder, certificates, issuer, now } = signer;
  const sent = certificates === undefined ? [] : readSequence(expectTag(certificates, 0xa0).content);
  const candidates = [issuer.raw, ...sent.slice(0, maxCertificates).map(({ bytes }) => bytes)];
  let failure = "the response is signed neither by the issuer nor by a responder that comes with it";
  for (const raw of candidates.filter((each) => isResponder(each, responder))) {
    const isIssuer = raw.equals(issuer.raw);
    const certificate = isIssuer ? issuer : readResponder(raw);
    const unfit = isIssuer ? undefined : unfitness(certificate, issuer, now);
    if (unfit === undefined && isSignedBy(signed, signature, certificate.publicKey)) return;
    failure = unfit ?? "the signature of the response is wrong";
  }
  throw new UnreliableAnswer(failure);
}

/** Whether a certificate is the one that the ResponderID names, by its subject or the SHA-1 of its key. */
function isResponder(certificate: Buffer, responder: DerElement): boolean {
  const { subject, spki } = readCertificateFields(certificate);
  if (responder.tag === 0xa1) return responder.content.equals(subject);
  const keyHash = readOnly(expectTag(responder, 0xa2).content, 0x04).content;
  return createHash("sha1").update(publicKeyBits(spki)).digest().equals(keyHash);
}

function readResponder(raw: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(raw);
    void certificate.publicKey; // read here, so that a malformed key is found here
    return certificate;
  } catch (error) {
    throw new MalformedDer(`the responder's certificate cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Why a certificate does not let its holder answer for the issuer: it must be from the issuer itself, for this purpose
 * (RFC 6960 4.2.2.2).
 */
function unfitness(certificate: X509Certificate, issuer: X509Certificate, now: Date): string | undefined {
  const { extensions, notBefore, notAfter } = readCertificateFields(certificate.raw);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    return "the responder's certificate is not from the issuer";
  const purposes = extensions.get(oids.extendedKeyUsage);
  if (purposes === undefined || !decodeExtendedKeyUsages(purposes.value).includes("OCSPSigning"))
    return "the responder's certificate is not for signing OCSP responses";
  const usages = extensions.get(oids.keyUsage);
  if (usages !== undefined && !decodeKeyUsages(usages.value).includes("digitalSignature"))
    return "the key of the responder's certificate is not for signatures";
  return now < notBefore || now > notAfter ? "the responder's certificate is not valid now" : undefined;
}
