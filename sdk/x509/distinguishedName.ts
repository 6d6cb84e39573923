import { invalidArgument } from "../errors";
import { countryCodes } from "./countryCodes";
import { objectIdentifier, printableString, sequence, setOf, utf8String } from "./der";
import { expectTag, readAll, readOid, readSequence } from "./derReader";

/** Who a certificate speaks of, besides its names. Most certificates for servers need at most a `commonName`. */
export interface DistinguishedName {
  /** At most 64 characters. Clients ignore it: every name to be checked belongs into the names. */
  commonName?: string;
  /** At most 64 characters each. */
  organization?: string | string[];
  /** At most 64 characters each. */
  organizationalUnit?: string | string[];
  /** ISO 3166-1 code of two capital letters: `DE`, `GB`. */
  country?: string;
  /** At most 128 characters. */
  stateOrProvince?: string;
  /** At most 128 characters. */
  locality?: string;
  /** At most 128 characters each. */
  streetAddress?: string | string[];
  /** At most 40 characters. */
  postalCode?: string;
  /** A registration number of the subject, not of the certificate: at most 64 printable characters. */
  serialNumber?: string;
}

interface Attribute {
  readonly oid: string;
  /** As RFC 4514 and OpenSSL write it. */
  readonly short: string;
  readonly maxLength: number;
  readonly printable?: true;
}

/** In the order in which they are encoded (the Baseline Requirements', 7.1.4.2); limits from RFC 5280 and X.520. */
const attributes: Readonly<Record<keyof DistinguishedName, Attribute>> = {
  country: { oid: "2.5.4.6", short: "C", maxLength: 2, printable: true },
  stateOrProvince: { oid: "2.5.4.8", short: "ST", maxLength: 128 },
  locality: { oid: "2.5.4.7", short: "L", maxLength: 128 },
  postalCode: { oid: "2.5.4.17", short: "postalCode", maxLength: 40 },
  streetAddress: { oid: "2.5.4.9", short: "street", maxLength: 128 },
  organization: { oid: "2.5.4.10", short: "O", maxLength: 64 },
  organizationalUnit: { oid: "2.5.4.11", short: "OU", maxLength: 64 },
  commonName: { oid: "2.5.4.3", short: "CN", maxLength: 64 },
  serialNumber: { oid: "2.5.4.5", short: "serialNumber", maxLength: 64, printable: true },
};
const properties = Object.keys(attributes) as (keyof DistinguishedName)[];
const propertyOfOid = new Map(properties.map((property) => [attributes[property].oid, property]));
const otherShortNames = new Map([
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["1.2.840.113549.1.9.1", "emailAddress"],
  ["2.5.4.4", "SN"],
  ["2.5.4.42", "GN"],
]);

const values = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Whether a name says nothing: such a certificate must have its names in a critical extension. */
export function isEmptyName(name: DistinguishedName): boolean {
  return properties.every((property) => values(name[property]).length === 0);
}

/** The DER of a name (RFC 5280 4.1.2.4); an invalid part is an error at `<path>.<attribute>`. */
export function encodeDistinguishedName(name: DistinguishedName, path = "subject"): Buffer {
  const parts: Buffer[] = [];
  for (const property of properties) {
    const { oid, printable } = attributes[property];
    const value = name[property];
    for (const [index, text] of values(value).entries()) {
      checkAttribute(property, text, Array.isArray(value) ? `${path}.${property}[${index}]` : `${path}.${property}`);
      parts.push(setOf(sequence(objectIdentifier(oid), printable ? printableString(text) : utf8String(text))));
    }
  }
  return sequence(...parts);
}

function checkAttribute(property: keyof DistinguishedName, text: unknown, path: string): void {
  const { maxLength, printable } = attributes[property];
  if (typeof text !== "string") throw invalidArgument(path, "is not a text.", "Give a text.");
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
  if (text.trim() !== text || text === "")
    throw invalidArgument(path, `${shown} is empty or begins or ends with a space.`, "Trim it, or leave it out.");
  const length = [...text].length;
  if (length > maxLength)
    throw invalidArgument(
      path,
      `${shown} has ${length} characters, the limit is ${maxLength} (RFC 5280, appendix A).`,
      property === "commonName" ? "Shorten it, or leave it out: clients check the names only." : "Shorten it.",
    );
  if (/[\p{Cc}\p{Cs}]/u.test(text))
    throw invalidArgument(path, `${shown} has a control character or half of a surrogate pair.`, "Remove it.");
  if (property === "country" && !countryCodes.has(text))
    throw invalidArgument(
      path,
      `${shown} is no ISO 3166-1 code of two capital letters.`,
      'Write it like "DE" or "GB".',
    );
  if (printable && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text))
    throw invalidArgument(
      path,
      `${shown} has a character outside PrintableString.`,
      "Use letters, digits, space and '()+,-./:=? only.",
    );
}

export interface DecodedName {
  /** The attributes that this package knows. */
  readonly name: DistinguishedName;
  /** The whole name in the form of RFC 4514: the last part first. */
  readonly text: string;
  /** Its parts in their order: `["C=DE", "CN=Example"]`. */
  readonly parts: string[];
  /** The attributes that `name` has no place for: `emailAddress=ops@example.com`. */
  readonly others: string[];
}

/** Reads the DER of a name. */
export function decodeDistinguishedName(der: Buffer): DecodedName {
  const found: Partial<Record<keyof DistinguishedName, string[]>> = {};
  const others: string[] = [];
  const parts: string[] = [];
  for (const relative of readSequence(der)) {
    const pairs = readAll(expectTag(relative, 0x31).content).map((pair) => {
      const [type, value] = readAll(expectTag(pair, 0x30).content);
      const oid = readOid(type);
      const text = readDirectoryString(expectTag(value));
      const property = propertyOfOid.get(oid);
      const short = property ? attributes[property].short : (otherShortNames.get(oid) ?? oid);
      if (property) (found[property] ??= []).push(text);
      else others.push(`${short}=${text}`);
      return `${short}=${escapeValue(text)}`;
    });
    parts.push(pairs.join("+"));
  }
  const name: DistinguishedName = {};
  for (const property of properties) {
    const texts = found[property];
    if (texts === undefined) continue;
    // Several values of an attribute that has one place: the last is the most specific.
    Object.assign(name, { [property]: texts.length === 1 || !multiValued.has(property) ? texts.at(-1) : texts });
  }
  return { name, text: parts.toReversed().join(","), parts, others };
}

const multiValued = new Set<keyof DistinguishedName>(["organization", "organizationalUnit", "streetAddress"]);

function readDirectoryString({ tag, content }: { tag: number; content: Buffer }): string {
  switch (tag) {
    case 0x1e: // BMPString
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString("utf16le") : content.toString("hex");
    case 0x0c: // UTF8String
      return content.toString("utf8");
    case 0x13: // PrintableString
    case 0x14: // TeletexString
    case 0x16: // IA5String
      return content.toString("latin1");
    default:
      return `#${content.toString("hex")}`;
  }
}

const escapeValue = (text: string): string =>
  text
    .replace(/[\\,+"<>;=]/g, "\\$&")
    .replace(/^[ #]/, "\\$&")
    .replace(/ $/, "\\ ")
    // eslint-disable-next-line no-control-regex -- a foreign name may hold anything, and is printed
    .replace(/[\u0000-\u001f\u007f]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
