import { createHash, createPublicKey, KeyObject, verify } from "node:crypto";
import { CertificatesError, invalidArgument, messageOf } from "../errors";
import { describeKey } from "../keys/algorithms";
import { spkiOf } from "../keys/encoding";
import { localSigner, type Signer } from "../keys/signer";
import { identifierOf } from "./certificate";
import { basicConstraints, keyUsages } from "./certificateExtensions";
import { bitString, constructed, integer, objectIdentifier, sequence, setOf } from "./der";
import { type DerElement, expectTag, MalformedDer, readAll, readInteger, readOid, readSequence } from "./derReader";
import {
  decodeDistinguishedName,
  type DistinguishedName,
  encodeDistinguishedName,
  isEmptyName,
} from "./distinguishedName";
import {
  decodeExtendedKeyUsages,
  decodeKeyUsages,
  encodeExtendedKeyUsages,
  encodeKeyUsages,
  type ExtendedKeyUsage,
  extension,
  type KeyUsage,
  oids,
} from "./extensions";
import { type ExtensionField, readExtensions } from "./fields";
import { decodeGeneralNames, encodeGeneralNames, isEmptyNames, normalizeNames, type SubjectNames } from "./names";
import { decodePem, encodePem } from "./pem";
import { decodeBasicConstraints } from "./parse";

/** What a certificate signing request asks for (RFC 2986). */
export interface CsrTemplate {
  subject: DistinguishedName;
  names: SubjectNames;
  /** The private key, or a signer that holds it. */
  key: KeyObject | Signer;
  /** Asks for a CA certificate. */
  ca?: { pathLength?: number };
  keyUsages?: KeyUsage[];
  extendedKeyUsages?: ExtendedKeyUsage[];
}

/** Makes and signs a request, as PEM. */
export async function createCsr(template: CsrTemplate): Promise<string> {
  const signer = template.key instanceof KeyObject ? localSigner(template.key) : template.key;
  const names = normalizeNames(template.names);
  const { ca, extendedKeyUsages } = template;
  const requested = [
    ...(ca ? [extension(oids.basicConstraints, true, basicConstraints(ca))] : []),
    extension(oids.keyUsage, true, encodeKeyUsages(keyUsages({ ...template, publicKey: signer.publicKey }))),
    ...(extendedKeyUsages?.length
      ? [extension(oids.extendedKeyUsage, false, encodeExtendedKeyUsages(extendedKeyUsages))]
      : []),
    ...(isEmptyNames(names)
      ? []
      : [extension(oids.subjectAltName, isEmptyName(template.subject), encodeGeneralNames(names))]),
  ];
  const info = sequence(
    integer(0),
    encodeDistinguishedName(template.subject),
    spkiOf(signer.publicKey),
    constructed(0, sequence(objectIdentifier(oids.extensionRequest), setOf(sequence(...requested)))),
  );
  const signature = await signer.sign(info);
  return encodePem("CERTIFICATE REQUEST", sequence(info, identifierOf(signer), bitString(signature)));
}

/** What a request says. Its signature was verified, so whoever made it holds the private key. */
export interface CsrFacts {
  readonly publicKey: KeyObject;
  /** One of `keyAlgorithms`, or a like name for another key. */
  readonly keyAlgorithm: string;
  readonly subject: DistinguishedName;
  /** In the form of RFC 4514. */
  readonly subjectText: string;
  /** Parts of the subject that `subject` has no place for: `emailAddress=ops@example.com`. */
  readonly otherSubjectAttributes: string[];
  /** In canonical form. */
  readonly names: SubjectNames;
  /** Base64. */
  readonly spkiSha256: string;
  readonly asksForCA: boolean;
  readonly keyUsages?: KeyUsage[];
  readonly extendedKeyUsages?: ExtendedKeyUsage[];
}

/** Reads a request and verifies its signature and key. Refuses weak keys, weak digests and names that cannot be issued. */
export function parseCsr(pem: string, property: string): CsrFacts {
  const der = decodePem(pem, ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"], property);
  let parts: RequestParts;
  try {
    parts = readRequest(der);
  } catch (cause) {
    throw new CertificatesError("MalformedInput", `${property}: is no readable request: ${messageOf(cause)}.`, {
      property,
      hint: "Check it with: openssl req -in request.pem -noout -text -verify.",
      cause,
    });
  }
  checkKey(parts.publicKey, property);
  checkSignature(parts, property);
  const { subject, spki, extensions } = parts;
  return {
    publicKey: parts.publicKey,
    keyAlgorithm: describeKey(parts.publicKey),
    subject: subject.name,
    subjectText: subject.text,
    otherSubjectAttributes: subject.others,
    names: readNames(extensions, property),
    spkiSha256: createHash("sha256").update(spki).digest("base64"),
    ...parts.requested,
  };
}

interface RequestParts {
  readonly info: Buffer;
  readonly subject: ReturnType<typeof decodeDistinguishedName>;
  readonly spki: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: ReadonlyMap<string, ExtensionField>;
  readonly requested: Pick<CsrFacts, "asksForCA" | "keyUsages" | "extendedKeyUsages">;
  readonly signatureOid: string;
  readonly signature: Buffer;
}

function readRequest(der: Buffer): RequestParts {
  const [info, algorithm, signature] = readSequence(der);
  const [version, subject, spki, attributes] = readAll(expectTag(info, 0x30).content);
  if (readInteger(expectTag(version, 0x02)) !== 0) throw new MalformedDer("its version is not 0");
  const spkiDer = expectTag(spki, 0x30).bytes;
  const extensions = readExtensionRequest(attributes);
  const basic = extensions.get(oids.basicConstraints);
  const usage = extensions.get(oids.keyUsage);
  const extended = extensions.get(oids.extendedKeyUsage);
  const bits = expectTag(signature, 0x03).content;
  if (bits[0] !== 0) throw new MalformedDer("its signature is not a whole number of bytes");
  return {
    info: expectTag(info).bytes,
    subject: decodeDistinguishedName(expectTag(subject, 0x30).bytes),
    spki: spkiDer,
    publicKey: createPublicKey({ key: spkiDer, format: "der", type: "spki" }),
    extensions,
    requested: {
      asksForCA: basic !== undefined && decodeBasicConstraints(basic.value).isCA,
      ...(usage ? { keyUsages: decodeKeyUsages(usage.value) } : {}),
      ...(extended ? { extendedKeyUsages: decodeExtendedKeyUsages(extended.value) } : {}),
    },
    signatureOid: readOid(readAll(expectTag(algorithm, 0x30).content)[0]),
    signature: bits.subarray(1),
  };
}

function readExtensionRequest(attributes: DerElement | undefined): Map<string, ExtensionField> {
  if (attributes === undefined) return new Map();
  for (const attribute of readAll(expectTag(attributes, 0xa0).content)) {
    const [type, values] = readAll(expectTag(attribute, 0x30).content);
    if (readOid(type) !== oids.extensionRequest) continue;
    const [value] = readAll(expectTag(values, 0x31).content);
    return readExtensions(readAll(expectTag(value, 0x30).content));
  }
  return new Map();
}

/** The digest of each signature algorithm that a request may bear; null where the algorithm has its own. */
const signatureHashes: ReadonlyMap<string, string | null> = new Map([
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.3.101.112", null],
]);

function checkSignature({ info, publicKey, signatureOid, signature }: RequestParts, property: string): void {
  const hash = signatureHashes.get(signatureOid);
  if (hash === undefined)
    throw invalidArgument(
      property,
      `is signed with the algorithm ${signatureOid}.`,
      "Sign it with ECDSA, RSA (PKCS#1 v1.5) or Ed25519, over SHA-256, SHA-384 or SHA-512.",
    );
  let valid: boolean;
  try {
    valid = verify(hash, info, publicKey, signature);
  } catch (cause) {
    throw new CertificatesError("MalformedInput", `${property}: its signature does not fit its key.`, {
      property,
      hint: "Make the request anew.",
      cause,
    });
  }
  if (!valid)
    throw new CertificatesError(
      "MalformedInput",
      `${property}: its signature is wrong, so it was changed or damaged.`,
      {
        property,
        hint: "Make the request anew, with the private key of its public key.",
      },
    );
}

const curves = new Set(["ECDSA-P256", "ECDSA-P384", "ECDSA-P521"]);

function checkKey(key: KeyObject, property: string): void {
  const name = describeKey(key);
  const refuse = (problem: string): never => {
    throw invalidArgument(
      property,
      `has the key ${name}${problem}.`,
      "Use an ECDSA key on P-256, P-384 or P-521, an RSA key of 2048 to 8192 bits, or Ed25519.",
    );
  };
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return;
    case "ec":
      if (!curves.has(name)) refuse(", a curve that is not supported");
      return;
    case "rsa": {
      const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
      if (modulusLength < 2048) refuse(", which is too weak");
      if (modulusLength > 8192) refuse(", which is too large");
      if (publicExponent < 65537n || publicExponent % 2n === 0n) refuse(` with the weak exponent ${publicExponent}`);
      return;
    }
    default:
      refuse(", a type that is not supported");
  }
}

function readNames(extensions: ReadonlyMap<string, ExtensionField>, property: string): SubjectNames {
  const found = extensions.get(oids.subjectAltName);
  if (found === undefined) return {};
  let decoded: ReturnType<typeof decodeGeneralNames>;
  try {
    decoded = decodeGeneralNames(found.value);
  } catch (cause) {
    throw new CertificatesError("MalformedInput", `${property}: its names are malformed: ${messageOf(cause)}.`, {
      property,
      hint: "Make the request anew.",
      cause,
    });
  }
  if (decoded.others.length > 0)
    throw invalidArgument(
      property,
      `asks for ${decoded.others.length} names that are no DNS name, IP address, URI or mailbox.`,
      "Leave them out: they cannot be issued.",
    );
  return normalizeNames(decoded.names, `${property}.`);
}
