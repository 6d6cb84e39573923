import { invalidArgument } from "../errors";
import { constructed, primitive, sequence } from "./der";
import { expectTag, MalformedDer, readAll, readSequence } from "./derReader";
import { normalizeDnsName } from "./dnsName";
import { cidrFromBytes, parseCidr } from "./ipAddress";
import { within } from "./nameSubtrees";
import { nameKinds, normalizeEmailAddress, type SubjectNames } from "./names";

/** What a certificate authority may issue for (RFC 5280 4.2.1.10), binding for everything below it. */
export interface NameConstraints {
  /** If given for a kind of name, a name of that kind must lie in one of these. Other kinds stay free. */
  permitted?: NameSubtrees;
  /** No name may lie in one of these, whatever is permitted. */
  excluded?: NameSubtrees;
}

/** Sets of names, each kind on its own. */
export interface NameSubtrees {
  /** A domain with all below it: `example.com`. */
  dnsDomains?: string[];
  /** Ranges in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`. */
  ipRanges?: string[];
  /** One mailbox `ops@example.com`, all of one host `example.com`, or of all hosts below a domain `.example.com`. */
  emailAddresses?: string[];
  /** One host `example.com`, or all hosts below a domain `.example.com`. */
  uriDomains?: string[];
}

const sides = ["permitted", "excluded"] as const;

/** The constraints in canonical form; undefined if they hold nothing. Errors stand at `<path>.permitted.dnsDomains[0]`. */
export function normalizeNameConstraints(
  constraints: NameConstraints,
  path = "nameConstraints",
): NameConstraints | undefined {
  const canonical: NameConstraints = {};
  for (const side of sides) {
    const given = constraints[side];
    if (given === undefined) continue;
    const subtrees: NameSubtrees = {};
    for (const [kind, normalize] of Object.entries(subtreeNormalizers) as [keyof NameSubtrees, Normalize][]) {
      const list = given[kind];
      if (list === undefined || list.length === 0) continue;
      subtrees[kind] = [...new Set(list.map((text, at) => normalize(text, `${path}.${side}.${kind}[${at}]`, side)))];
    }
    if (Object.keys(subtrees).length > 0) canonical[side] = subtrees;
  }
  return Object.keys(canonical).length > 0 ? canonical : undefined;
}

type Normalize = (text: string, property: string, side: (typeof sides)[number]) => string;

const dotted: Normalize = (text, property) =>
  text.startsWith(".") ? `.${normalizeDnsName(text.slice(1), property)}` : normalizeDnsName(text, property);

const subtreeNormalizers: Readonly<Record<keyof NameSubtrees, Normalize>> = {
  dnsDomains: (text, property, side) => {
    if (text === "" && side === "excluded") return "";
    if (text.startsWith(".") || text.startsWith("*."))
      throw invalidArgument(
        property,
        `${JSON.stringify(text)} begins with a dot or wildcard.`,
        `Write "${text.replace(/^\*?\./, "")}": it stands for the domain and all below it.`,
      );
    return normalizeDnsName(text, property);
  },
  ipRanges: (text, property) => {
    const range = parseCidr(text);
    if (range === undefined)
      throw invalidArgument(property, `${JSON.stringify(text)} is no range.`, 'Write it like "10.0.0.0/8".');
    if (!range.address.every((byte, at) => (byte & (range.mask[at] as number)) === byte))
      throw invalidArgument(
        property,
        `${JSON.stringify(text)} has bits behind its prefix.`,
        `Write "${range.canonical}".`,
      );
    return range.canonical;
  },
  emailAddresses: (text, property, side) =>
    text.includes("@") ? normalizeEmailAddress(text, property) : dotted(text, property, side),
  uriDomains: dotted,
};

/** The value of the extension, from canonical constraints. */
export function encodeNameConstraints(constraints: NameConstraints): Buffer {
  const subtrees = (number: number, trees: NameSubtrees | undefined): Buffer[] => {
    if (trees === undefined) return [];
    const text = (tag: number, list: string[] = []): Buffer[] =>
      list.map((each) => primitive(tag, Buffer.from(each, "latin1")));
    const ranges = (trees.ipRanges ?? []).map((each) => {
      const range = parseCidr(each);
      return primitive(7, range ? Buffer.concat([range.address, range.mask]) : Buffer.alloc(0));
    });
    const bases = [
      ...text(2, trees.dnsDomains),
      ...ranges,
      ...text(1, trees.emailAddresses),
      ...text(6, trees.uriDomains),
    ];
    return [constructed(number, ...bases.map((base) => sequence(base)))];
  };
  return sequence(...subtrees(0, constraints.permitted), ...subtrees(1, constraints.excluded));
}

export interface DecodedNameConstraints {
  readonly constraints: NameConstraints;
  /** The subtrees of kinds that `constraints` has no place for, as DER of their GeneralName. */
  readonly others: { readonly permitted: Buffer[]; readonly excluded: Buffer[] };
}

/** Reads the value of the extension. */
export function decodeNameConstraints(der: Buffer): DecodedNameConstraints {
  const constraints: NameConstraints = {};
  const others = { permitted: [] as Buffer[], excluded: [] as Buffer[] };
  for (const { tag, content } of readSequence(der)) {
    const side = tag === 0xa0 ? "permitted" : tag === 0xa1 ? "excluded" : undefined;
    if (side === undefined) throw new MalformedDer("the name constraints hold an unknown part");
    const trees: NameSubtrees = (constraints[side] ??= {});
    for (const subtree of readAll(content)) {
      const [base, ...limits] = readAll(expectTag(subtree, 0x30).content);
      const name = expectTag(base);
      // RFC 5280: minimum must be zero, which DER leaves out but some write, and maximum absent.
      if (limits.some(({ tag, content: limit }) => tag !== 0x80 || limit.length !== 1 || limit[0] !== 0))
        throw new MalformedDer("the name constraints hold a minimum or maximum");
      if (name.tag === 0x82) (trees.dnsDomains ??= []).push(name.content.toString("latin1"));
      else if (name.tag === 0x81) (trees.emailAddresses ??= []).push(name.content.toString("latin1"));
      else if (name.tag === 0x86) (trees.uriDomains ??= []).push(name.content.toString("latin1"));
      else if (name.tag === 0x87) {
        if (name.content.length !== 8 && name.content.length !== 32)
          throw new MalformedDer("an IP range has not 8 or 32 bytes");
        (trees.ipRanges ??= []).push(cidrFromBytes(name.content));
      } else others[side].push(name.bytes);
    }
  }
  return { constraints, others };
}

export interface NameViolation {
  /** The name that is outside. */
  readonly name: string;
  /** The rule that it breaks: `excluded dnsDomains "internal.example"`. */
  readonly rule: string;
}

const subtreeKinds = {
  dnsNames: "dnsDomains",
  ipAddresses: "ipRanges",
  uris: "uriDomains",
  emailAddresses: "emailAddresses",
} as const;

/** The first name that lies outside of the constraints; undefined if all lie inside. */
export function checkNameConstraints(names: SubjectNames, constraints: NameConstraints): NameViolation | undefined {
  for (const kind of nameKinds) {
    const list = names[kind];
    if (list === undefined) continue;
    const subtreeKind = subtreeKinds[kind];
    const permitted = constraints.permitted?.[subtreeKind];
    const excluded = constraints.excluded?.[subtreeKind];
    for (const name of list) {
      if (permitted !== undefined && permitted.length > 0 && !permitted.some((base) => within[kind](name, base, false)))
        return { name, rule: `permitted ${subtreeKind} ${permitted.map((base) => JSON.stringify(base)).join(", ")}` };
      const hit = excluded?.find((base) => within[kind](name, base, true));
      if (hit !== undefined) return { name, rule: `excluded ${subtreeKind} ${JSON.stringify(hit)}` };
    }
  }
  return undefined;
}

/**
 * The names that constraints bind: where there is no DNS name, clients take a commonName that looks like one for it, and
 * so does OpenSSL.
 */
export function constrainedNames(commonName: string | undefined, names: SubjectNames): SubjectNames {
  const looksLikeHost = commonName !== undefined && /^[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_-]+)+$/.test(commonName);
  return looksLikeHost && (names.dnsNames ?? []).length === 0 ? { ...names, dnsNames: [commonName] } : names;
}
