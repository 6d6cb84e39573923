import { createHash, createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { invalidArgument } from "../errors";
import { encodePem, pkcs8Of, spkiOf } from "./encoding";

const maxKeyPemLength = 64 * 1024;
const privateKeyBlock =
  /-----BEGIN ((?:RSA |EC |ENCRYPTED |DSA |OPENSSH )?PRIVATE KEY)-----((?:[^-]|-(?!----))*)-----END \1-----/g;

/** A private key as PKCS#8 PEM (RFC 5958), unencrypted. */
export function privateKeyToPem(key: KeyObject): string {
  return encodePem("PRIVATE KEY", pkcs8Of(key));
}

/**
 * Reads one unencrypted private key in PEM: PKCS#8 (`PRIVATE KEY`), SEC1 (`EC PRIVATE KEY`) or PKCS#1
 * (`RSA PRIVATE KEY`). Its errors never quote the text.
 */
export function parsePrivateKey(pem: string, property: string): KeyObject {
  const expected = "Give one unencrypted private key in PEM: PKCS#8, SEC1 or PKCS#1.";
  if (typeof pem !== "string") throw invalidArgument(property, "is not a text.", expected);
  if (pem.length > maxKeyPemLength) throw invalidArgument(property, "is longer than 64 KiB.", expected);
  const blocks = [...pem.matchAll(privateKeyBlock)];
  const block = blocks[0];
  if (block === undefined) throw invalidArgument(property, "holds no private key in PEM.", expected);
  if (blocks.length > 1) throw invalidArgument(property, `holds ${blocks.length} private keys.`, expected);
  const label = block[1] as string;
  if (label === "ENCRYPTED PRIVATE KEY" || /Proc-Type:\s*4,\s*ENCRYPTED/i.test(block[2] as string))
    throw invalidArgument(
      property,
      "is an encrypted private key.",
      "Decrypt it first (openssl pkey -in encrypted.pem -out key.pem) and pass it as a secret.",
    );
  if (label.startsWith("OPENSSH"))
    throw invalidArgument(property, "is an OpenSSH key.", "Convert it: ssh-keygen -p -m PKCS8 -f key.pem.");
  let key: KeyObject;
  try {
    key = createPrivateKey(block[0]);
  } catch {
    // The cause is left out on purpose: nothing derived from key material goes into an error.
    throw invalidArgument(property, `holds a malformed private key (${label}).`, expected);
  }
  if (!["rsa", "ec", "ed25519"].includes(key.asymmetricKeyType ?? ""))
    throw invalidArgument(
      property,
      `holds a private key of the type ${key.asymmetricKeyType}.`,
      "Use an RSA, ECDSA or Ed25519 key.",
    );
  return key;
}

/** The SHA-256 of the SubjectPublicKeyInfo, in base64: the name of a key that outlives its certificates (RFC 7469). */
export function spkiSha256(publicKey: KeyObject): string {
  return createHash("sha256").update(spkiOf(publicKey)).digest("base64");
}

/** Whether a key, public or private, is the one that the certificate certifies. */
export function publicKeyMatches(certificate: X509Certificate, key: KeyObject): boolean {
  return spkiOf(certificate.publicKey).equals(spkiOf(key));
}
