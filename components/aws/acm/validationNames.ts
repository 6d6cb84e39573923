import { domainToASCII } from "node:url";
import type * as pulumi from "@pulumi/pulumi";
import { refusal } from "../../refuse";

/** The names of a certificate that ACM is to issue, and where their validation records go. */
export interface NamesAndZones {
  readonly domainName: string;
  readonly subjectAlternativeNames?: readonly string[] | undefined;
  readonly zoneId?: pulumi.Input<string> | undefined;
  readonly zones?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
}

/** A record that shows ACM who controls a domain; a wildcard has that of the name below which it stands. */
export interface ValidationRecord {
  readonly domain: string;
  readonly zoneId: pulumi.Input<string>;
}

/** https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html */
const usualNames = 10;
const mostNames = 100;
const longestCommonName = 64;

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** The names in the form that ACM takes, refused where it would refuse them. The first one is the subject's. */
export function namesOf({ domainName, subjectAlternativeNames = [] }: NamesAndZones): [string, ...string[]] {
  const first = nameAt(domainName, "domainName");
  if (Buffer.byteLength(first) > longestCommonName)
    throw refusal(
      "domainName",
      `"${first}" has ${Buffer.byteLength(first)} bytes, the first name of a certificate may have ${longestCommonName}.`,
      "Put a shorter name first and this one into `subjectAlternativeNames`.",
    );
  const names: [string, ...string[]] = [first];
  for (const [index, each] of subjectAlternativeNames.entries()) {
    const name = nameAt(each, `subjectAlternativeNames[${index}]`);
    if (!names.includes(name)) names.push(name);
  }
  if (names.length > mostNames)
    throw refusal(
      "subjectAlternativeNames",
      `${names.length} names, ACM takes ${mostNames}.`,
      "Use several certificates.",
    );
  return names;
}

/** What to say about so many names; undefined where any account may have them. */
export function warningAbout(names: readonly string[]): string | undefined {
  if (names.length <= usualNames) return undefined;
  return (
    `${names.length} names: ACM takes ${usualNames} in a certificate unless the quota "Domain names per ACM certificate" ` +
    "of the account was raised in this region."
  );
}

function nameAt(text: string, property: string): string {
  const isWildcard = text.startsWith("*.");
  const domain = domainToASCII(isWildcard ? text.slice(2) : text);
  const labels = domain.split(".");
  if (
    domain.length > 253 ||
    labels.length < 2 ||
    !labels.every((each) => label.test(each)) ||
    /^\d+$/.test(labels.at(-1) ?? "")
  )
    throw refusal(
      property,
      `"${text}" is no public DNS name.`,
      "Use a name such as www.example.com, or *.example.com; for others use a CertificateAuthority and an ImportedCertificate.",
    );
  return isWildcard ? `*.${domain}` : domain;
}

/** The domain that ACM asks about a name. */
export function validatedDomain(name: string): string {
  return name.replace(/^\*\./, "").toLowerCase();
}

/** One record for each domain, in the zone that fits it best. */
export function recordsOf(names: readonly string[], { zoneId, zones = {} }: NamesAndZones): ValidationRecord[] {
  const domains = [...new Set(names.map(validatedDomain))];
  const byDomain = Object.entries(zones).map(([key, id]) => [zoneDomain(key), id] as const);
  return domains.map((domain) => {
    const [best] = byDomain
      .filter(([zone]) => domain === zone || domain.endsWith(`.${zone}`))
      .sort(([left], [right]) => right.length - left.length);
    const found = best?.[1] ?? zoneId;
    if (found === undefined) throw withoutZone(domain, Object.keys(zones));
    return { domain, zoneId: found };
  });
}

function zoneDomain(key: string): string {
  return domainToASCII(key.replace(/\.$/, ""));
}

function withoutZone(domain: string, zones: readonly string[]): Error {
  return refusal(
    "zones",
    zones.length === 0
      ? `neither \`zoneId\` nor \`zones\` says where the validation record of ${domain} goes.`
      : `no zone for ${domain} among ${zones.join(", ")}.`,
    `Give the ID of its public hosted zone in Route 53: zones: { "${domain}": "Z…" }, or \`zoneId\` for all names.`,
  );
}
