import { type KeyObject, createPublicKey, generateKeyPairSync } from "node:crypto";
import { type KeyAlgorithm, algorithmFacts } from "../keys/algorithms";
import { certificateExtensions } from "../x509/certificateExtensions";
import { encodeDistinguishedName } from "../x509/distinguishedName";
import type { CertificateRequest, RequestInputs } from "./request";
import { hasUnknown } from "./unknown";
import type { CertificateTemplate } from "../x509/template";

/**
 * Refuses what could not be encoded into a certificate (an attribute that is too long, a usage that the key does not
 * have, a malformed URL), so that a preview says so and not the run.
 */
export function assertIssuable(
  request: CertificateRequest,
  { keyUsages, extendedKeyUsages }: Pick<RequestInputs, "keyUsages" | "extendedKeyUsages">,
  extensions: Partial<CertificateTemplate>,
): void {
  const { subject, names, algorithm, publicKey = standIn(algorithm) } = request;
  encodeDistinguishedName(subject);
  const more = { keyUsages, extendedKeyUsages, ...extensions };
  const known = Object.entries(more).filter(([, value]) => value !== undefined && !hasUnknown(value));
  const now = new Date();
  const template = { ...Object.fromEntries(known), subject, names, publicKey, notBefore: now, notAfter: now };
  certificateExtensions(template, names, noKeyIdentifier, noKeyIdentifier);
}

const noKeyIdentifier = Buffer.alloc(20);
const standIns = new Map<KeyAlgorithm, KeyObject>();

/** Any public key of the algorithm; for RSA one that nobody had to make. */
function standIn(algorithm: KeyAlgorithm): KeyObject {
  let key = standIns.get(algorithm);
  if (key === undefined) standIns.set(algorithm, (key = anyPublicKey(algorithm)));
  return key;
}

function anyPublicKey(algorithm: KeyAlgorithm): KeyObject {
  const { generation } = algorithmFacts[algorithm];
  switch (generation.type) {
    case "ec":
      return generateKeyPairSync("ec", { namedCurve: generation.namedCurve }).publicKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").publicKey;
    case "rsa": {
      const n = Buffer.alloc(generation.modulusLength / 8, 0xff).toString("base64url");
      return createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
    }
  }
}
