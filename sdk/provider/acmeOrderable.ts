import { knownDirectory } from "../acme/knownDirectories";
import { invalidArgument } from "../errors";
import { parseAcmeCredentials, solversOf } from "../issuers/acmeCredentials";
import { assertProvable } from "../solvers/select";
import type { SubjectNames } from "../x509/names";
import type { Credentials } from "./define";
import type { RenewableInputs } from "./renewable";
import { hasUnknown, isUnknown } from "./unknown";

/** Refuses what an ACME CA will not certify, before an order is placed. Nothing for other issuers. */
export function assertOrderable(news: RenewableInputs, names: SubjectNames, credentials: Credentials): void {
  const { issuer } = news;
  if (issuer?.directory === undefined || isUnknown(issuer.directory)) return;
  assertOnlyNames(news, names);
  assertDuration(news, issuer.directory);
  assertProfile(news, names, issuer.directory, credentials);
  if (knownDirectory(issuer.directory) !== undefined) assertPublic(news, names);
  if (typeof credentials.solvers === "string") {
    assertProvable(solversOf(credentials.solvers), names.dnsNames ?? [], names.ipAddresses ?? []);
  }
}

const notOrdered = ["subject", "keyUsages", "extendedKeyUsages"] as const;

function assertOnlyNames(
  news: RenewableInputs,
  { dnsNames = [], ipAddresses = [], uris, emailAddresses }: SubjectNames,
): void {
  for (const [property, value] of Object.entries({ uris, emailAddresses })) {
    if (value === undefined || value.length === 0) continue;
    throw invalidArgument(
      property,
      "an ACME CA certifies DNS names and IP addresses only.",
      "Leave it out, or use another issuer (RFC 8555, 9.7.7).",
    );
  }
  for (const property of notOrdered) {
    if (news[property] === undefined) continue;
    throw invalidArgument(property, "an ACME CA decides on it by itself.", "Leave it out, or choose a profile.");
  }
  if (dnsNames.length + ipAddresses.length === 0) {
    throw invalidArgument(
      "dnsNames",
      "an ACME certificate needs a DNS name or an IP address.",
      "Give dnsNames or ipAddresses.",
    );
  }
  const { commonName } = news;
  if (commonName !== undefined && !dnsNames.includes(commonName.toLowerCase())) {
    throw invalidArgument(
      "commonName",
      `"${commonName}" is none of the dnsNames.`,
      "Leave it out: clients look at dnsNames only.",
    );
  }
}

function assertDuration({ duration }: RenewableInputs, directory: string): void {
  const known = knownDirectory(directory);
  if (duration === undefined || known === undefined || known.takesNotAfter) return;
  throw invalidArgument(
    "duration",
    `${known.name} does not let one choose the lifetime.`,
    "Leave it out, or choose a profile.",
  );
}

function assertProfile(
  { profile }: RenewableInputs,
  names: SubjectNames,
  directory: string,
  credentials: Credentials,
): void {
  if (profile === undefined || hasUnknown(profile)) return;
  const offered = parseAcmeCredentials(credentials.issuer);
  if (offered?.accountUrl !== undefined && offered.profiles?.includes(profile) !== true) {
    throw invalidArgument(
      "profile",
      `the CA has no profile "${profile}".`,
      `It offers ${offered.profiles?.join(", ") ?? "none"}.`,
    );
  }
  const most = knownDirectory(directory)?.profiles[profile]?.mostNames ?? Infinity;
  const count = (names.dnsNames?.length ?? 0) + (names.ipAddresses?.length ?? 0);
  if (count > most) {
    throw invalidArgument(
      "dnsNames",
      `${count} names are more than the ${most} that the profile "${profile}" allows.`,
      "Divide them over several certificates.",
    );
  }
}

const internalSuffix =
  /(?:^|\.)(?:local|localhost|internal|lan|home|corp|intranet|private|test|example|invalid|home\.arpa)$/;
const privateAddress =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.|::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/;

/** What no public CA may issue (CA/Browser Forum Baseline Requirements, 4.2.2 and 6.1.5). */
function assertPublic({ privateKey }: RenewableInputs, { dnsNames = [], ipAddresses = [] }: SubjectNames): void {
  const own = "Use a private CA for it: CertificateAuthority.";
  for (const [at, name] of dnsNames.entries()) {
    if (name.replace(/^\*\./, "").includes(".") && !internalSuffix.test(name)) continue;
    throw invalidArgument(`dnsNames[${at}]`, `"${name}" is an internal name, which no public CA certifies.`, own);
  }
  for (const [at, address] of ipAddresses.entries()) {
    if (!privateAddress.test(address)) continue;
    throw invalidArgument(`ipAddresses[${at}]`, `${address} is a private address, which no public CA certifies.`, own);
  }
  if (privateKey?.algorithm === "Ed25519") {
    throw invalidArgument(
      "privateKey.algorithm",
      "no public CA certifies Ed25519 keys.",
      "Use ECDSA-P256, ECDSA-P384 or an RSA size.",
    );
  }
}
