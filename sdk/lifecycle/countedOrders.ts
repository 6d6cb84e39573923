import { parseCertificate } from "../x509/parse";
import type { SubjectNames } from "../x509/names";
import { isExemptNow } from "./ariWindow";
import type { PastOrder, PlannedOrder } from "./orderQueue";
import type { OrderKind } from "./rateLimits";
import { type ServiceCertificate, startOf, windowOf } from "./serviceDue";

/** A certificate as the limits of its CA are concerned with it. */
export interface CountedCertificate extends ServiceCertificate {
  /** Its name in the stack. */
  readonly resource: string;
  /** What is asked for: DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Who issued what there is; undefined where that is not known. */
  readonly issuedBy?: { readonly directoryUrl: string };
  /** Why what there is was issued. */
  readonly issuedFor?: string;
}

/** The order that a certificate needs now, as its CA will count it. */
export function plannedOrder(certificate: CountedCertificate, directoryUrl: string, now: number): PlannedOrder {
  const { resource, names, notAfter } = certificate;
  return {
    resource,
    names: names.map((name) => name.toLowerCase()),
    kind: kindOf(certificate, directoryUrl, now),
    ...(notAfter && { notAfter: Date.parse(notAfter) }),
  };
}

/** The order that a certificate came from; undefined if it is older than `since`, or from another CA. */
export function pastOrder(
  { certificatePem, issuedBy, issuedFor = "" }: CountedCertificate,
  directoryUrl: string,
  since: number,
): PastOrder | undefined {
  if (!certificatePem || issuedBy?.directoryUrl !== directoryUrl) return undefined;
  const at = startOf(certificatePem);
  if (at <= since) return undefined;
  return { at, names: namesIn(certificatePem), kind: firstReasons.has(issuedFor) ? "new" : "renewal" };
}

const firstReasons: ReadonlySet<string> = new Set(["DoesNotExist", "RequestChanged", "IncorrectIssuer"]);

/**
 * A renewal is for the names of the certificate before. It is one that the CA suggested if it comes inside the window,
 * and if this CA issued that certificate: then the order names what it replaces.
 */
function kindOf(certificate: CountedCertificate, directoryUrl: string, now: number): OrderKind {
  const { certificatePem, issuedBy, names } = certificate;
  if (!certificatePem) return "new";
  // Where an adopted one came from is not known.
  if (issuedBy !== undefined && issuedBy.directoryUrl !== directoryUrl) return "new";
  if (!isSame(names, namesIn(certificatePem))) return "new";
  return issuedBy !== undefined && isExemptNow(windowOf(certificate), now) ? "suggested" : "renewal";
}

function namesIn(certificatePem: string): string[] {
  return orderedNames(parseCertificate(certificatePem, "certificatePem").names);
}

/** What an order is for. */
export function orderedNames({ dnsNames = [], ipAddresses = [] }: SubjectNames): string[] {
  return [...dnsNames, ...ipAddresses].map((name) => name.toLowerCase());
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  const text = (names: readonly string[]): string =>
    [...new Set(names.map((name) => name.toLowerCase()))].sort().join(" ");
  return text(one) === text(other);
}
