import { expectTag, readAll, readElement } from "./derReader";
import { decodeDistinguishedName } from "./distinguishedName";
import { oids } from "./extensions";
import {
  checkNameConstraints,
  constrainedNames,
  type DecodedNameConstraints,
  decodeNameConstraints,
} from "./nameConstraints";
import { decodeGeneralNames } from "./names";
import type { ChainElement, ChainFailure } from "./pathElement";

const emailPrefix = "emailAddress=";

/** The name constraints of every CA above an element (RFC 5280 6.1.3 b and c). */
export function checkConstraints(element: ChainElement, path: ChainElement[], at: number): ChainFailure | undefined {
  // A CA's self-issued certificate, such as a new key certified by the old, is not bound by its own constraints.
  if (element.selfIssued && at > 0) return undefined;
  for (const authority of path.slice(at + 1)) {
    const encoded = authority.fields.extensions.get(oids.nameConstraints);
    if (encoded === undefined) continue;
    const violation = violationOf(element, at === 0, decodeNameConstraints(encoded.value));
    if (violation)
      return {
        code: "NameConstraintViolated",
        message: `${element.facts.subject}: ${violation} of the CA ${authority.facts.subject}.`,
        element: element.facts.subject,
      };
  }
  return undefined;
}

function violationOf(element: ChainElement, leaf: boolean, decoded: DecodedNameConstraints): string | undefined {
  const alternative = element.fields.extensions.get(oids.subjectAltName);
  const { names, others } = alternative ? decodeGeneralNames(alternative.value) : { names: {}, others: [] };
  const { name, others: attributes } = element.subjectName;
  const mailboxes = attributes
    .filter((attribute) => attribute.startsWith(emailPrefix))
    .map((attribute) => attribute.slice(emailPrefix.length));
  const bound = leaf ? constrainedNames(name.commonName, names) : names;
  const violation = checkNameConstraints(
    mailboxes.length > 0 ? { ...bound, emailAddresses: [...(bound.emailAddresses ?? []), ...mailboxes] } : bound,
    decoded.constraints,
  );
  if (violation) return `${violation.name} breaks ${violation.rule}`;
  return checkOtherKinds(element, others, decoded.others);
}

const directoryName = 0xa4;

function checkOtherKinds(
  element: ChainElement,
  names: Buffer[],
  { permitted, excluded }: DecodedNameConstraints["others"],
): string | undefined {
  const subjects = [
    ...(element.subjectName.parts.length > 0 ? [comparable(element.subjectName.parts)] : []),
    ...names.filter((name) => name[0] === directoryName).map(directoryParts),
  ];
  const allowed = permitted.filter((base) => base[0] === directoryName).map(directoryParts);
  const forbidden = excluded.filter((base) => base[0] === directoryName).map(directoryParts);
  for (const subject of subjects) {
    if (allowed.length > 0 && !allowed.some((base) => beginsWith(subject, base)))
      return `${subject.join(",")} breaks a permitted directory name`;
    if (forbidden.some((base) => beginsWith(subject, base)))
      return `${subject.join(",")} breaks an excluded directory name`;
  }
  const unsupported = [...permitted, ...excluded].find(
    (base) => base[0] !== directoryName && names.some((name) => name[0] === base[0]),
  );
  return unsupported === undefined ? undefined : "a name of an unsupported kind breaks the name constraints";
}

const directoryParts = (generalName: Buffer): string[] => {
  const [name] = readAll(expectTag(readElement(generalName), directoryName).content);
  const der = expectTag(name, 0x30).bytes;
  return comparable(decodeDistinguishedName(der).parts);
};

/** Case and runs of spaces do not matter between names (RFC 5280 7.1). */
const comparable = (parts: string[]): string[] => parts.map((part) => part.toLowerCase().replace(/\s+/g, " ").trim());

const beginsWith = (parts: string[], base: string[]): boolean => base.every((part, at) => parts[at] === part);
