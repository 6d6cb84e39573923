import { algorithmFacts, keyAlgorithms } from "../keys/algorithms";
import { readOid, readSequence } from "../x509/derReader";
import { parseCertificate } from "../x509/parse";

/**
 * What can be said of a certificate before it is issued. What is left out is not known yet: it is no reason to refuse
 * the certificate, nor to accept it.
 */
export interface CertificateDescription {
  /** Kind and size of its key: one of `keyAlgorithms`, or a like name such as `RSA-1024`. */
  readonly keyAlgorithm?: string;
  /** The kind of the key that signs it: `RSA`, `ECDSA`, `Ed25519`, `Ed448`. */
  readonly signedWith?: string;
  /** Whether its private key comes with it. */
  readonly hasPrivateKey?: boolean;
  /** Whether the roots that verify it come with it. */
  readonly hasTrustBundle?: boolean;
  readonly dnsNames?: readonly string[];
}

interface PresentCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem?: string;
  readonly trustBundlePem?: string;
}

/** What is said of a certificate that is there. */
export function describeMaterial(present: PresentCertificate): CertificateDescription {
  const { certificatePem, privateKeyPem, trustBundlePem } = present;
  const { certificate, keyAlgorithm, names } = parseCertificate(certificatePem, "certificate.certificatePem");
  const [, algorithm] = readSequence(certificate.raw);
  const signedWith = algorithm && signatureKinds.get(readOid(readSequence(algorithm.bytes)[0]));
  return {
    keyAlgorithm,
    ...(signedWith !== undefined && { signedWith }),
    hasPrivateKey: privateKeyPem !== undefined,
    hasTrustBundle: (trustBundlePem ?? "") !== "",
    dnsNames: names.dnsNames ?? [],
  };
}

/** The kind of a key, without its size: what it signs with. */
export function signingKind(keyAlgorithm: string): string {
  return keyAlgorithm.split("-")[0] ?? keyAlgorithm;
}

/** By the object identifier of the signature: RFC 8410 (Ed448), RFC 4055 and RFC 5758 for digests that the package does not make. */
const signatureKinds: ReadonlyMap<string, string> = new Map([
  ...keyAlgorithms.map((name): [string, string] => [algorithmFacts[name].signatureOid, signingKind(name)]),
  ["1.3.101.113", "Ed448"],
  ...["4", "5", "10", "12", "13", "14"].map((last): [string, string] => [`1.2.840.113549.1.1.${last}`, "RSA"]),
  ...["1", "3.1", "3.4"].map((last): [string, string] => [`1.2.840.10045.4.${last}`, "ECDSA"]),
]);
