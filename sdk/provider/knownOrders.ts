import { type CountedCertificate, orderedNames } from "../lifecycle/countedOrders";
import type { KnownCertificate } from "./knownCertificates";
import { defaultAlgorithm } from "./leafDefaults";
import { parseRequest } from "./request";

/** A certificate as the limits of its CA are concerned with it. */
export function countedCertificate({ news, outs }: KnownCertificate): CountedCertificate {
  const { certificatePem, notAfter, issuedBy, suggestedRenewal, renewal } = outs ?? {};
  return {
    resource: resourceOf(news.name),
    names: orderedNames(parseRequest(news, defaultAlgorithm)?.names ?? {}),
    ...(certificatePem && { certificatePem }),
    ...(notAfter && { notAfter }),
    ...(issuedBy && { issuedBy }),
    ...(suggestedRenewal && { suggestedRenewal }),
    ...(renewal && { issuedFor: renewal.reason }),
  };
}

/** Project and stack are the same for all. */
function resourceOf(name: string): string {
  return name.split("/").slice(2).join("/");
}
