import { readSequence } from "./derReader";
import { oids } from "./extensions";
import { hostMatches } from "./hostMatching";
import { ipToBytes } from "./ipAddress";
import { nameKinds, type SubjectNames } from "./names";
import type { ChainElement, ChainFailure, ChainFailureCode, ChainPurpose } from "./pathElement";

const fail = (code: ChainFailureCode, { facts }: ChainElement, problem: string): ChainFailure => ({
  code,
  message: `${facts.subject || `certificate ${facts.serialNumber}`} ${problem}.`,
  element: facts.subject,
});

export function checkSignature(element: ChainElement, issuer: ChainElement | undefined): ChainFailure | undefined {
  // A trust anchor is trusted as such: its own signature proves nothing.
  if (issuer === undefined || element.facts.certificate.verify(issuer.facts.certificate.publicKey)) return undefined;
  return fail("BadSignature", element, `has a signature that the key of ${issuer.facts.subject} did not make`);
}

export function checkValidity(element: ChainElement, at: Date): ChainFailure | undefined {
  const { notBefore, notAfter } = element.facts;
  if (at < notBefore) return fail("NotYetValid", element, `is valid only from ${notBefore.toISOString()} on`);
  if (at >= notAfter) return fail("Expired", element, `expired at ${notAfter.toISOString()}`);
  return undefined;
}

/** The critical extensions that validation takes into account, or may ignore without policies asked for. */
const understood = new Set<string>([
  oids.subjectKeyIdentifier,
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.nameConstraints,
  oids.crlDistributionPoints,
  oids.certificatePolicies,
  oids.policyMappings,
  oids.authorityKeyIdentifier,
  oids.policyConstraints,
  oids.extendedKeyUsage,
  oids.inhibitAnyPolicy,
]);

/** What RFC 5280 says about a certificate by itself; `strictly` adds what `-x509_strict` asks of a chain's elements. */
export function checkForm(element: ChainElement, strictly: boolean, hasIssuer: boolean): ChainFailure | undefined {
  const { extensions } = element.fields;
  for (const [oid, { critical }] of extensions)
    if (critical && !understood.has(oid))
      return fail("UnknownCriticalExtension", element, `has the unknown critical extension ${oid}`);
  if (!strictly) return undefined;
  const problem = strictRules(element).find(([broken]) => broken)?.[1] ?? missingIdentifiers(element, hasIssuer);
  return problem === undefined ? undefined : fail("Malformed", element, problem);
}

function strictRules({ facts, fields, subjectName }: ChainElement): [boolean, string][] {
  const { extensions } = fields;
  const critical = (oid: string): boolean => extensions.get(oid)?.critical === true;
  const alternative = extensions.get(oids.subjectAltName);
  const emptySubject = subjectName.parts.length === 0;
  const signs = facts.keyUsages?.includes("keyCertSign") ?? true;
  return [
    [facts.pathLength !== undefined && !facts.isCA, "has a path length but is no CA"],
    [facts.pathLength !== undefined && !signs, "has a path length but not the key usage keyCertSign"],
    [facts.isCA && !critical(oids.basicConstraints), "is a CA whose basicConstraints are not critical"],
    [facts.isCA && facts.keyUsages === undefined, "is a CA without key usages"],
    [!facts.isCA && facts.keyUsages !== undefined && signs, "has the key usage keyCertSign but is no CA"],
    [facts.issuer === "", "has an empty issuer"],
    [emptySubject && (facts.isCA || alternative === undefined), "has an empty subject"],
    [emptySubject && facts.keyUsages?.includes("cRLSign") === true, "has an empty subject but signs revocation lists"],
    [emptySubject && !critical(oids.subjectAltName), "has an empty subject and names that are not critical"],
    [alternative !== undefined && readSequence(alternative.value).length === 0, "has an empty list of names"],
    [!fields.signatureIdentifiersAgree, "names two different signature algorithms"],
    [critical(oids.authorityKeyIdentifier), "has a critical authority key identifier"],
    [critical(oids.subjectKeyIdentifier), "has a critical subject key identifier"],
    [fields.version < 3 && extensions.size > 0, `has extensions in version ${fields.version}`],
    [facts.keyAlgorithm === "ECDSA-unnamed-curve", "has a key with explicit curve parameters"],
  ];
}

function missingIdentifiers({ facts, fields }: ChainElement, hasIssuer: boolean): string | undefined {
  if (fields.version < 3) return undefined;
  if (hasIssuer && facts.authorityKeyIdentifier === undefined) return "has no authority key identifier";
  if (facts.isCA && facts.subjectKeyIdentifier === undefined) return "is a CA without subject key identifier";
  return undefined;
}

/** What a certificate that issued another must be (RFC 5280 6.1.4 k to n). */
export function checkAuthority(element: ChainElement, path: ChainElement[], at: number): ChainFailure | undefined {
  const { facts } = element;
  if (!facts.isCA) return fail("NotCA", element, "issued a certificate but is no CA");
  if (facts.keyUsages && !facts.keyUsages.includes("keyCertSign"))
    return fail("NotCA", element, "issued a certificate but has not the key usage keyCertSign");
  const below = path.slice(1, at).filter(({ selfIssued }) => !selfIssued).length;
  if (facts.pathLength !== undefined && below > facts.pathLength)
    return fail("PathLengthExceeded", element, `allows ${facts.pathLength} CAs below it, but there are ${below}`);
  return undefined;
}

const purposeKeyUsages = {
  serverAuth: ["digitalSignature", "keyEncipherment", "keyAgreement"],
  clientAuth: ["digitalSignature", "keyAgreement"],
} as const;

/** An extended key usage in any element restricts the whole chain. */
export function checkPurpose(element: ChainElement, purpose: ChainPurpose | undefined): ChainFailure | undefined {
  if (purpose === undefined) return undefined;
  const { extendedKeyUsages, keyUsages, isCA } = element.facts;
  if (extendedKeyUsages && !extendedKeyUsages.includes(purpose))
    return fail("PurposeNotAllowed", element, `is not for ${purpose}, only for ${extendedKeyUsages.join(", ")}`);
  if (!isCA && keyUsages && !purposeKeyUsages[purpose].some((usage) => keyUsages.includes(usage)))
    return fail("PurposeNotAllowed", element, `has key usages that do not allow ${purpose}`);
  return undefined;
}

/** Whether the leaf is for each of the wanted names. */
export function checkLeafNames(leaf: ChainElement, wanted: SubjectNames | undefined): ChainFailure | undefined {
  for (const kind of nameKinds)
    for (const name of wanted?.[kind] ?? []) {
      const has = leaf.facts.names[kind] ?? [];
      const found =
        kind === "dnsNames"
          ? has.some((pattern) => hostMatches(name, pattern))
          : kind === "ipAddresses"
            ? has.some((address) => ipToBytes(address)?.equals(ipToBytes(name) ?? Buffer.alloc(0)))
            : has.includes(name);
      if (!found) return fail("NameMismatch", leaf, `is not for ${name}, only for ${has.join(", ") || `no ${kind}`}`);
    }
  return undefined;
}
