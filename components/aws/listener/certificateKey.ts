import { refusal } from "../../refuse";
import type { CertificateForAws } from "../acm/attachedCertificate";
import { parseCertificateArn } from "../acm/certificateArn";

/** A certificate by a name of the caller's, for one that has none of its own. */
export interface NamedCertificate {
  /** By this name Pulumi knows the entry of the listener: another name is another entry. */
  readonly name: string;
  /** The certificate. */
  readonly certificate: CertificateForAws;
}

/** A certificate and what it is known by from one program to the next. */
export interface KeyedCertificate {
  readonly key: string;
  readonly certificate: CertificateForAws;
}

/**
 * Each certificate by its own name, wherever it stands in the list: what comes, goes or moves changes no other one. Two
 * of the same name are refused.
 */
export function keyed(
  property: string,
  certificates: readonly (CertificateForAws | NamedCertificate)[],
): KeyedCertificate[] {
  const seen = new Map<string, number>();
  return certificates.map((given, index) => {
    const place = `${property}[${index}]`;
    const named = isNamed(given) ? given : { name: nameOf(given, place), certificate: given };
    const first = seen.get(named.name);
    if (first !== undefined)
      throw refusal(
        place,
        `"${named.name}" is in the list already, as ${property}[${first}].`,
        "Name each certificate once; of two with the same name give one another name: { name, certificate }.",
      );
    seen.set(named.name, index);
    return { key: named.name, certificate: named.certificate };
  });
}

function isNamed(given: CertificateForAws | NamedCertificate): given is NamedCertificate {
  const { name, certificate } = given as { name?: unknown; certificate?: unknown };
  return typeof name === "string" && certificate !== undefined && !("arn" in (given as object));
}

/** The name of the resource, of the member within its set, or the ID of an ARN. */
function nameOf(certificate: CertificateForAws, place: string): string {
  if (typeof certificate === "string")
    return parseCertificateArn(certificate)?.id ?? certificate.slice(certificate.lastIndexOf("/") + 1);
  const { __source: source, __name: name } = certificate as {
    __source?: { name: string; member?: string };
    __name?: string;
  };
  if (typeof source?.name === "string")
    // Project, stack and name.
    return [...source.name.split("/").slice(2), ...(source.member === undefined ? [] : [source.member])].join("-");
  if (typeof name === "string") return name;
  throw refusal(
    place,
    "it has no name by which it could be told from the others when the list changes.",
    `Give it one: { name: "www", certificate: … }.`,
  );
}

/** Refuses certificates that turn out to be the same one. */
export function checkDistinct(property: string, arns: readonly string[]): void {
  const twice = arns.findIndex((arn, index) => arns.indexOf(arn) !== index);
  if (twice < 0) return;
  const arn = arns[twice] ?? "";
  throw refusal(
    `${property}[${twice}]`,
    `${arn} is in the list already, as ${property}[${arns.indexOf(arn)}].`,
    "Name each certificate once.",
  );
}
