import { invalidArgument } from "../errors";
import { primitive, sequence } from "./der";
import { readSequence } from "./derReader";
import { normalizeDnsName } from "./dnsName";
import { ipFromBytes, ipToBytes } from "./ipAddress";
import { normalizeUri } from "./uri";

/** The names that a certificate is for: its subject alternative names (RFC 5280 4.2.1.6). */
export interface SubjectNames {
  /** Host names; one `*` may stand for the first label. International names may be written as such. */
  dnsNames?: string[];
  /** IPv4 and IPv6 addresses. */
  ipAddresses?: string[];
  /** Absolute URIs, among them SPIFFE ids. */
  uris?: string[];
  /** Mailboxes with an ASCII local part. */
  emailAddresses?: string[];
}

export const nameKinds = ["dnsNames", "ipAddresses", "uris", "emailAddresses"] as const;

const normalizers: Readonly<Record<(typeof nameKinds)[number], (text: string, property: string) => string>> = {
  dnsNames: (text, property) => normalizeDnsName(text, property, "wildcards"),
  ipAddresses: normalizeIpAddress,
  uris: normalizeUri,
  emailAddresses: normalizeEmailAddress,
};

/**
 * The names in their one canonical form, without duplicates, in the given order. Kinds that are empty are left out.
 * The first invalid name is an error at its path, `dnsNames[2]`, with `prefix` before it.
 */
export function normalizeNames(names: SubjectNames, prefix = ""): SubjectNames {
  const canonical: SubjectNames = {};
  for (const kind of nameKinds) {
    const given: unknown = names[kind];
    if (given === undefined || given === null) continue;
    if (!Array.isArray(given)) throw invalidArgument(prefix + kind, "is not a list.", "Give a list of texts.");
    if (given.length === 0) continue;
    const seen = new Set<string>();
    for (const [index, text] of given.entries()) {
      const property = `${prefix}${kind}[${index}]`;
      if (typeof text !== "string") throw invalidArgument(property, "is not a text.", "Give a text.");
      seen.add(normalizers[kind](text, property));
    }
    canonical[kind] = [...seen];
  }
  const spiffe = canonical.uris?.find((uri) => uri.startsWith("spiffe:"));
  if (spiffe !== undefined && canonical.uris?.length !== 1)
    throw invalidArgument(
      `${prefix}uris`,
      `holds ${spiffe} and other URIs.`,
      "Give a SPIFFE id alone: a certificate with a second URI is no valid SVID (X509-SVID, section 2).",
    );
  return canonical;
}

/** Whether there is no name at all. */
export function isEmptyNames(names: SubjectNames): boolean {
  return nameKinds.every((kind) => (names[kind] ?? []).length === 0);
}

function normalizeIpAddress(text: string, property: string): string {
  const bytes = ipToBytes(text);
  if (bytes !== undefined) return ipFromBytes(bytes);
  const shown = JSON.stringify(text.slice(0, 80));
  if (/\/\d+$/.test(text)) throw invalidArgument(property, `${shown} is a range.`, "Give single addresses.");
  if (text.includes("%")) throw invalidArgument(property, `${shown} has a zone.`, "Leave % and the zone out.");
  throw invalidArgument(property, `${shown} is no IP address.`, 'Write it like "10.0.0.7" or "2001:db8::7".');
}

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

export function normalizeEmailAddress(text: string, property: string): string {
  const shown = JSON.stringify(text.slice(0, 330));
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  // eslint-disable-next-line no-control-regex -- the range is what ASCII is
  if (!/^[\x00-\x7f]*$/.test(local))
    throw invalidArgument(
      property,
      `${shown} has characters outside ASCII before the @, which needs SmtpUTF8Mailbox (RFC 9598).`,
      "That is not supported: use a mailbox with an ASCII local part.",
    );
  if (at < 1 || local.length > 64 || !localPart.test(local))
    throw invalidArgument(
      property,
      `${shown} is no mailbox.`,
      'Write it like "ops@example.com", without a name or <>.',
    );
  return `${local}@${normalizeDnsName(text.slice(at + 1), property)}`;
}

/** The DER of GeneralNames (RFC 5280 4.2.1.6), from canonical names. */
export function encodeGeneralNames(names: SubjectNames): Buffer {
  const ascii =
    (tag: number) =>
    (text: string): Buffer =>
      primitive(tag, Buffer.from(text, "latin1"));
  return sequence(
    ...(names.dnsNames ?? []).map(ascii(2)),
    ...(names.ipAddresses ?? []).map((text) => primitive(7, ipToBytes(text) ?? Buffer.alloc(0))),
    ...(names.uris ?? []).map(ascii(6)),
    ...(names.emailAddresses ?? []).map(ascii(1)),
  );
}

export interface DecodedNames {
  readonly names: SubjectNames;
  /** The DER of what is none of these: directory names, other names, registered ids, malformed addresses. */
  readonly others: Buffer[];
}

/** Reads GeneralNames as they stand; nothing is normalized. */
export function decodeGeneralNames(der: Buffer): DecodedNames {
  const names: SubjectNames = {};
  const others: Buffer[] = [];
  for (const { tag, content, bytes } of readSequence(der)) {
    if (tag === 0x82) (names.dnsNames ??= []).push(content.toString("latin1"));
    else if (tag === 0x86) (names.uris ??= []).push(content.toString("latin1"));
    else if (tag === 0x81) (names.emailAddresses ??= []).push(content.toString("latin1"));
    else if (tag === 0x87 && (content.length === 4 || content.length === 16))
      (names.ipAddresses ??= []).push(ipFromBytes(content));
    else others.push(bytes);
  }
  return { names, others };
}
