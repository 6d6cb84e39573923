import { invalidArgument } from "../errors";
import { algorithmOf } from "../keys/algorithms";
import {
  boolean,
  constructed,
  integer,
  isObjectIdentifier,
  objectIdentifier,
  octetString,
  primitive,
  sequence,
} from "./der";
import { isEmptyName } from "./distinguishedName";
import {
  encodeExtendedKeyUsages,
  encodeKeyUsages,
  extendedKeyUsageOid,
  type ExtendedKeyUsage,
  extension,
  type KeyUsage,
  keyUsageNames,
  oids,
} from "./extensions";
import { encodeNameConstraints, normalizeNameConstraints } from "./nameConstraints";
import { encodeGeneralNames, isEmptyNames, type SubjectNames } from "./names";
import { normalizeUri } from "./uri";
import type { CertificateTemplate } from "./template";

/** The extensions of a certificate, for the template and its canonical names. */
export function certificateExtensions(
  template: CertificateTemplate,
  names: SubjectNames,
  subjectKeyIdentifier: Uint8Array,
  authorityKeyIdentifier: Uint8Array,
): Buffer {
  const emptySubject = isEmptyName(template.subject);
  const emptyNames = isEmptyNames(names);
  if (emptySubject && (emptyNames || template.ca))
    throw invalidArgument(
      template.ca ? "subject" : "dnsNames",
      template.ca ? "is empty." : "names nothing, and the subject is empty.",
      template.ca ? "A CA needs a subject: give a commonName." : "Give at least one name.",
    );
  return sequence(
    ...(template.ca ? caExtensions(template.ca) : []),
    extension(oids.keyUsage, true, encodeKeyUsages(keyUsages(template))),
    ...extendedKeyUsages(template),
    extension(oids.subjectKeyIdentifier, false, octetString(subjectKeyIdentifier)),
    extension(oids.authorityKeyIdentifier, false, sequence(primitive(0, authorityKeyIdentifier))),
    ...(emptyNames ? [] : [extension(oids.subjectAltName, emptySubject, encodeGeneralNames(names))]),
    ...informationAccess(template),
    ...distributionPoints(template.crlUrls ?? []),
    ...policies(template.policies ?? []),
    ...(template.acmeIdentifier ? [extension(oids.acmeIdentifier, true, octetString(template.acmeIdentifier))] : []),
  );
}

function caExtensions(ca: NonNullable<CertificateTemplate["ca"]>): Buffer[] {
  const constraints = ca.nameConstraints && normalizeNameConstraints(ca.nameConstraints);
  return [
    extension(oids.basicConstraints, true, basicConstraints(ca)),
    ...(constraints ? [extension(oids.nameConstraints, true, encodeNameConstraints(constraints))] : []),
  ];
}

/** The value of the extension that makes a CA (RFC 5280 4.2.1.9). */
export function basicConstraints({ pathLength }: { pathLength?: number }): Buffer {
  if (pathLength === undefined) return sequence(boolean(true));
  if (!(Number.isInteger(pathLength) && pathLength >= 0 && pathLength <= 100))
    throw invalidArgument(
      "pathLength",
      `${pathLength} is no whole number from 0 to 100.`,
      "Leave it out for no limit.",
    );
  return sequence(boolean(true), integer(pathLength));
}

/** The usages of the key, checked against what it can do. */
export function keyUsages(template: Pick<CertificateTemplate, "keyUsages" | "ca" | "publicKey">): KeyUsage[] {
  const rsa = template.publicKey.asymmetricKeyType === "rsa";
  if (template.keyUsages === undefined) {
    if (template.ca) return ["keyCertSign", "cRLSign"];
    return rsa ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"];
  }
  const usages = [...new Set(template.keyUsages)];
  const refuse = (at: number, problem: string, fix: string): never => {
    throw invalidArgument(`keyUsages[${at}]`, `${JSON.stringify(usages[at])} ${problem}`, fix);
  };
  if (usages.length === 0) throw invalidArgument("keyUsages", "is empty.", "Leave it out for the usual ones.");
  for (const [at, usage] of usages.entries()) {
    if (!keyUsageNames.includes(usage)) refuse(at, "is no key usage.", `Use one of ${keyUsageNames.join(", ")}.`);
    if ((usage === "keyCertSign" || usage === "cRLSign") && !template.ca) refuse(at, "is for a CA only.", "Remove it.");
    if ((usage === "keyEncipherment" || usage === "dataEncipherment") && !rsa)
      refuse(at, `needs an RSA key, this one is ${algorithmOf(template.publicKey) ?? "not"}.`, "Remove it.");
    if (
      (usage === "keyAgreement" || usage === "encipherOnly" || usage === "decipherOnly") &&
      template.publicKey.asymmetricKeyType !== "ec"
    )
      refuse(at, `needs an ECDSA key, this one is ${algorithmOf(template.publicKey) ?? "not"}.`, "Remove it.");
    if ((usage === "encipherOnly" || usage === "decipherOnly") && !usages.includes("keyAgreement"))
      refuse(at, "has no meaning without keyAgreement.", "Add keyAgreement, or remove it.");
  }
  if (template.ca && !usages.includes("keyCertSign"))
    throw invalidArgument("keyUsages", "lacks keyCertSign, so it could not issue.", "Add keyCertSign.");
  return usages;
}

function extendedKeyUsages(template: CertificateTemplate): Buffer[] {
  const usages: ExtendedKeyUsage[] = template.extendedKeyUsages ?? (template.ca ? [] : ["serverAuth"]);
  for (const [at, usage] of usages.entries())
    if (extendedKeyUsageOid(usage) === undefined && !isObjectIdentifier(usage))
      throw invalidArgument(
        `extendedKeyUsages[${at}]`,
        `${JSON.stringify(usage)} is no extended key usage.`,
        'Use a name like "serverAuth" or "clientAuth", or an object identifier like "1.3.6.1.4.1.311.20.2.2".',
      );
  if (usages.length === 0) return [];
  return [extension(oids.extendedKeyUsage, false, encodeExtendedKeyUsages([...new Set(usages)]))];
}

function informationAccess(template: CertificateTemplate): Buffer[] {
  const descriptions = [
    ...httpUrls(template.ocspUrls ?? [], "ocspUrls").map((url) => sequence(objectIdentifier(oids.ocsp), url)),
    ...httpUrls(template.issuerUrls ?? [], "issuerUrls").map((url) => sequence(objectIdentifier(oids.caIssuers), url)),
  ];
  return descriptions.length === 0 ? [] : [extension(oids.authorityInfoAccess, false, sequence(...descriptions))];
}

function distributionPoints(urls: string[]): Buffer[] {
  if (urls.length === 0) return [];
  const points = httpUrls(urls, "crlUrls").map((url) => sequence(constructed(0, constructed(0, url))));
  return [extension(oids.crlDistributionPoints, false, sequence(...points))];
}

/** GeneralName elements of the URLs. HTTPS is refused: fetching it would need the certificate being checked. */
function httpUrls(urls: string[], property: string): Buffer[] {
  return urls.map((text, at) => {
    const url = normalizeUri(text, `${property}[${at}]`);
    if (!url.startsWith("http://"))
      throw invalidArgument(
        `${property}[${at}]`,
        `${JSON.stringify(text)} is no http:// URL.`,
        "Clients fetch it while they check a certificate, so it must be plain HTTP; its content is signed.",
      );
    return primitive(6, Buffer.from(url, "latin1"));
  });
}

function policies(identifiers: string[]): Buffer[] {
  if (identifiers.length === 0) return [];
  for (const [at, oid] of identifiers.entries())
    if (!isObjectIdentifier(oid))
      throw invalidArgument(
        `policies[${at}]`,
        `${JSON.stringify(oid)} is no object identifier.`,
        'Write it like "2.23.140.1.2.1".',
      );
  const information = [...new Set(identifiers)].map((oid) => sequence(objectIdentifier(oid)));
  return [extension(oids.certificatePolicies, false, sequence(...information))];
}
