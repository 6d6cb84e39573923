import { createPublicKey, type KeyObject } from "node:crypto";

/**
 * The constant parts of the encodings of a key on one curve. OpenSSL's own encoder takes 60 to 110 µs a key, an export as
 * JWK 5 µs; with thousands of keys in a run that is most of the time, so these are put together here.
 */
interface CurveEncoding {
  /** Bytes of a coordinate or private number. */
  readonly size: number;
  /** SubjectPublicKeyInfo (RFC 5480) up to the point. */
  readonly spki: Buffer;
  /** PKCS#8 (RFC 5958) up to the private number, and from there to the point. */
  readonly pkcs8: readonly [Buffer, Buffer];
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const curves: ReadonlyMap<string, CurveEncoding> = new Map([
  [
    "prime256v1",
    {
      size: 32,
      spki: hex("3059 3013 06072a8648ce3d0201 06082a8648ce3d030107 034200 04"),
      pkcs8: [
        hex("308187 020100 3013 06072a8648ce3d0201 06082a8648ce3d030107 046d 306b 020101 0420"),
        hex("a144 034200 04"),
      ],
    },
  ],
  [
    "secp384r1",
    {
      size: 48,
      spki: hex("3076 3010 06072a8648ce3d0201 06052b81040022 036200 04"),
      pkcs8: [
        hex("3081b6 020100 3010 06072a8648ce3d0201 06052b81040022 04819e 30819b 020101 0430"),
        hex("a164 036200 04"),
      ],
    },
  ],
]);

const curveOf = (key: KeyObject): CurveEncoding | undefined =>
  key.asymmetricKeyType === "ec" ? curves.get(key.asymmetricKeyDetails?.namedCurve ?? "") : undefined;

/** A JWK's number, with the leading zeros that its encoding in DER has. */
const fixed = (base64url: string | undefined, size: number): Buffer => {
  const bytes = Buffer.from(base64url ?? "", "base64url");
  return bytes.length === size ? bytes : Buffer.concat([Buffer.alloc(size), bytes]).subarray(-size);
};

/** The DER of the SubjectPublicKeyInfo of a public or private key. */
export function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const curve = curveOf(publicKey);
  if (curve === undefined) return publicKey.export({ type: "spki", format: "der" });
  const { x, y } = publicKey.export({ format: "jwk" });
  return Buffer.concat([curve.spki, fixed(x, curve.size), fixed(y, curve.size)]);
}

/** The DER of a private key as PKCS#8, unencrypted. */
export function pkcs8Of(key: KeyObject): Buffer {
  const curve = curveOf(key);
  if (curve === undefined) return key.export({ type: "pkcs8", format: "der" });
  const { d, x, y } = key.export({ format: "jwk" });
  const [head, middle] = curve.pkcs8;
  return Buffer.concat([head, fixed(d, curve.size), middle, fixed(x, curve.size), fixed(y, curve.size)]);
}

/** DER in PEM: 64 characters a line, a line break at the end (RFC 7468). */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString("base64");
  let lines = "";
  for (let at = 0; at < base64.length; at += 64) lines += `${base64.slice(at, at + 64)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
