import type { KeyObject } from "node:crypto";

/** The key algorithms this package generates keys for and signs with. */
export const keyAlgorithms = ["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"] as const;

/** A kind and size of key. Ed25519 is for private PKI only: public CAs and most browsers refuse it. */
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

/** Everything the implementation needs to know about one algorithm. */
export interface AlgorithmFacts {
  /** How node:crypto generates such a key. */
  readonly generation:
    | { readonly type: "ec"; readonly namedCurve: string; readonly jwkCurve: string }
    | { readonly type: "rsa"; readonly modulusLength: number }
    | { readonly type: "ed25519" };
  /** The digest that its signatures are made over; null where the algorithm has its own. */
  readonly signatureHash: "sha256" | "sha384" | null;
  /** Its signature algorithm's object identifier. */
  readonly signatureOid: string;
  /** The DER of the AlgorithmIdentifier of its signatures (RFC 3279, RFC 4055, RFC 5758, RFC 8410), in hexadecimal. */
  readonly signatureIdentifier: string;
  /** Whether the key itself can decrypt, so that `keyEncipherment` has a meaning. */
  readonly enciphers: boolean;
}

const sha256WithRsa = {
  signatureHash: "sha256",
  signatureOid: "1.2.840.113549.1.1.11",
  signatureIdentifier: "300d06092a864886f70d01010b0500",
  enciphers: true,
} as const;

const facts: Record<KeyAlgorithm, AlgorithmFacts> = {
  "ECDSA-P256": {
    generation: { type: "ec", namedCurve: "prime256v1", jwkCurve: "P-256" },
    signatureHash: "sha256",
    signatureOid: "1.2.840.10045.4.3.2",
    signatureIdentifier: "300a06082a8648ce3d040302",
    enciphers: false,
  },
  "ECDSA-P384": {
    generation: { type: "ec", namedCurve: "secp384r1", jwkCurve: "P-384" },
    signatureHash: "sha384",
    signatureOid: "1.2.840.10045.4.3.3",
    signatureIdentifier: "300a06082a8648ce3d040303",
    enciphers: false,
  },
  "RSA-2048": { generation: { type: "rsa", modulusLength: 2048 }, ...sha256WithRsa },
  "RSA-3072": { generation: { type: "rsa", modulusLength: 3072 }, ...sha256WithRsa },
  "RSA-4096": { generation: { type: "rsa", modulusLength: 4096 }, ...sha256WithRsa },
  Ed25519: {
    generation: { type: "ed25519" },
    signatureHash: null,
    signatureOid: "1.3.101.112",
    signatureIdentifier: "300506032b6570",
    enciphers: false,
  },
};

/** One entry per algorithm. It has no prototype, so that no name from outside finds anything but an algorithm. */
export const algorithmFacts: Readonly<Record<KeyAlgorithm, AlgorithmFacts>> = Object.freeze(
  Object.assign(Object.create(null) as typeof facts, facts),
);

/** Whether a text names a key algorithm. */
export function isKeyAlgorithm(text: unknown): text is KeyAlgorithm {
  return (keyAlgorithms as readonly unknown[]).includes(text);
}

/** Which of the package's algorithms a key is for; undefined for any other key. */
export function algorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const description = describeKey(key);
  return isKeyAlgorithm(description) ? description : undefined;
}

const curveNames: Readonly<Record<string, string>> = {
  prime256v1: "ECDSA-P256",
  secp384r1: "ECDSA-P384",
  secp521r1: "ECDSA-P521",
};

/** A name for any key, also one that the package does not generate: `RSA-1024`, `ECDSA-P521`, `rsa-pss`. */
export function describeKey(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case "rsa":
      return `RSA-${details?.modulusLength ?? "?"}`;
    case "ec":
      return curveNames[details?.namedCurve ?? ""] ?? `ECDSA-${details?.namedCurve ?? "unnamed-curve"}`;
    case "ed25519":
      return "Ed25519";
    default:
      return key.asymmetricKeyType ?? key.type;
  }
}
