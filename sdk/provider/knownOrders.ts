import { parseCertificate } from "../x509/parse";
import { isExemptNow } from "../lifecycle/ariWindow";
import type { PastOrder, PlannedOrder } from "../lifecycle/orderQueue";
import type { OrderKind } from "../lifecycle/rateLimits";
import { startOf, windowOf } from "../lifecycle/serviceDue";
import type { SubjectNames } from "../x509/names";
import type { KnownCertificate } from "./knownCertificates";
import { defaultAlgorithm } from "./leafDefaults";
import { parseRequest } from "./request";

/** The order that a certificate needs in this run, as its CA will count it. */
export function plannedOrder(certificate: KnownCertificate, directoryUrl: string, now: number): PlannedOrder {
  const { news, outs } = certificate;
  const names = identifiersOf(parseRequest(news, defaultAlgorithm)?.names ?? {});
  return {
    resource: resourceOf(news.name),
    names,
    kind: kindOf(certificate, names, directoryUrl, now),
    ...(outs?.notAfter !== undefined && { notAfter: Date.parse(outs.notAfter) }),
  };
}

/** The order that a certificate came from; undefined if it is older than `since`, or from another CA. */
export function pastOrder({ outs }: KnownCertificate, directoryUrl: string, since: number): PastOrder | undefined {
  const { certificatePem, issuedBy, renewal } = outs ?? {};
  if (certificatePem === undefined || issuedBy?.directoryUrl !== directoryUrl) return undefined;
  const at = startOf(certificatePem);
  if (at <= since) return undefined;
  const isFirst = firstReasons.has(renewal?.reason ?? "");
  return { at, names: namesIn(certificatePem), kind: isFirst ? "new" : "renewal" };
}

/** Project and stack are the same for all. */
function resourceOf(name: string): string {
  return name.split("/").slice(2).join("/");
}

const firstReasons: ReadonlySet<string> = new Set(["DoesNotExist", "RequestChanged", "IncorrectIssuer"]);

/**
 * A renewal is for the names of the certificate before. It is one that the CA suggested if it comes inside the window,
 * and from the account that the certificate came from: then it names what it replaces.
 */
function kindOf({ outs }: KnownCertificate, names: readonly string[], directoryUrl: string, now: number): OrderKind {
  const { certificatePem, issuedBy } = outs ?? {};
  if (certificatePem === undefined) return "new";
  // Where it was adopted from is not known.
  if (issuedBy !== undefined && issuedBy.directoryUrl !== directoryUrl) return "new";
  if (!isSame(names, namesIn(certificatePem))) return "new";
  return issuedBy !== undefined && isExemptNow(windowOf(outs ?? {}), now) ? "suggested" : "renewal";
}

function namesIn(certificatePem: string): string[] {
  return identifiersOf(parseCertificate(certificatePem, "certificatePem").names);
}

function identifiersOf({ dnsNames = [], ipAddresses = [] }: SubjectNames): string[] {
  return [...dnsNames, ...ipAddresses].map((name) => name.toLowerCase());
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && [...one].sort().join(" ") === [...other].sort().join(" ");
}
