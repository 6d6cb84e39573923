import { readAll, readOid, readSequence } from "./derReader";
import { oids } from "./extensions";
import type { CertificateFields } from "./fields";

/** Where a certificate says that its status can be asked for. */
export interface AccessUrls {
  /** Of the OCSP responders (RFC 5280 4.2.2.1). */
  readonly ocsp: readonly string[];
  /** Of its issuer's certificate. */
  readonly caIssuers: readonly string[];
  /** Of the revocation lists (RFC 5280 4.2.1.13). */
  readonly crl: readonly string[];
}

/** Reads authorityInfoAccess and cRLDistributionPoints; throws `MalformedDer`. */
export function accessUrls({ extensions }: CertificateFields): AccessUrls {
  const access = extensions.get(oids.authorityInfoAccess);
  const points = extensions.get(oids.crlDistributionPoints);
  const described = access === undefined ? [] : readSequence(access.value).map(({ content }) => readAll(content));
  const locations = (oid: string): string[] =>
    described.flatMap(([method, location]) =>
      readOid(method) === oid && location?.tag === uri ? [location.content.toString("latin1")] : [],
    );
  return {
    ocsp: locations(oids.ocsp),
    caIssuers: locations(oids.caIssuers),
    crl: points === undefined ? [] : readSequence(points.value).flatMap(({ content }) => pointUrls(content)),
  };
}

/** GeneralName, uniformResourceIdentifier. */
const uri = 0x86;

/**
 * The URIs of a DistributionPoint's full name. Points for some reasons only, and lists that another CA signs, are left
 * out: neither says that a certificate is good.
 */
function pointUrls(point: Buffer): string[] {
  const parts = readAll(point);
  if (parts.some(({ tag }) => tag === 0x81 || tag === 0xa2)) return [];
  const name = parts.find(({ tag }) => tag === 0xa0);
  return name === undefined ? [] : fullNameUrls(name.content);
}

/** The URIs of a DistributionPointName; none of one that is relative to the issuer's name. */
export function fullNameUrls(name: Buffer): string[] {
  const [full] = readAll(name);
  if (full?.tag !== 0xa0) return [];
  return readAll(full.content).flatMap(({ tag, content }) => (tag === uri ? [content.toString("latin1")] : []));
}
