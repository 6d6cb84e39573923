import { createHash, createPublicKey, KeyObject } from "node:crypto";
import { CertificatesError, invalidArgument, messageOf } from "../errors";
import { describeKey } from "../keys/algorithms";
import { spkiOf } from "../keys/encoding";
import { localSigner, type Signer } from "../keys/signer";
import { identifierOf } from "./certificate";
import { basicConstraints, keyUsages } from "./certificateExtensions";
import { checkRequestKey, checkRequestSignature, type SignedRequest } from "./csrChecks";
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
import { encodeNameConstraints, type NameConstraints, normalizeNameConstraints } from "./nameConstraints";
import { decodePem, encodePem } from "./pem";
import { decodeBasicConstraints } from "./parse";

/** What a certificate signing request asks for (RFC 2986). */
export interface CsrTemplate {
  subject: DistinguishedName;
  names: SubjectNames;
  /** The private key, or a signer that holds it. */
  key: KeyObject | Signer;
  /** Asks for a CA certificate. */
  ca?: { pathLength?: number; nameConstraints?: NameConstraints };
  keyUsages?: KeyUsage[];
  extendedKeyUsages?: ExtendedKeyUsage[];
}

/** Makes and signs a request, as PEM. */
export async function createCsr(template: CsrTemplate): Promise<string> {
  const signer = template.key instanceof KeyObject ? localSigner(template.key) : template.key;
  const names = normalizeNames(template.names);
  const { ca, extendedKeyUsages } = template;
  const constraints = ca?.nameConstraints && normalizeNameConstraints(ca.nameConstraints);
  const requested = [
    ...(ca ? [extension(oids.basicConstraints, true, basicConstraints(ca))] : []),
    ...(constraints ? [extension(oids.nameConstraints, true, encodeNameConstraints(constraints))] : []),
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

/** Whether two requests ask for the same with the same key; signatures differ each time. */
export function isSameRequest(one: string, other: string): boolean {
  const [left, right] = [one, other].map((pem) => readSequence(decodePem(pem, ["CERTIFICATE REQUEST"], "csrPem"))[0]);
  return left !== undefined && right !== undefined && left.bytes.equals(right.bytes);
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
  checkRequestKey(parts.publicKey, property);
  checkRequestSignature(parts, property);
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

interface RequestParts extends SignedRequest {
  readonly subject: ReturnType<typeof decodeDistinguishedName>;
  readonly spki: Buffer;
  readonly extensions: ReadonlyMap<string, ExtensionField>;
  readonly requested: Pick<CsrFacts, "asksForCA" | "keyUsages" | "extendedKeyUsages">;
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
