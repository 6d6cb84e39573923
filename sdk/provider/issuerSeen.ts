import { createHash } from "node:crypto";
import { formatInstant } from "../duration";
import { type CertificateAuthorityCredentials, parseCredentials } from "../issuers/certificateAuthority";
import { parseCertificate, parseCertificates } from "../x509/parse";
import { pathEnd } from "../x509/pathEnd";
import type { CheckContext } from "./define";
import type { IssuerInputs } from "./renewable";
import { unknown } from "./unknown";

interface Issued {
  readonly issuer?: IssuerInputs;
}

/**
 * The inputs with what this check sees of the issuing CA. It is taken from the CA's credentials, which come with every
 * certificate anyway: one value of the program less for each, and a CA that is being changed is unknown in one place.
 */
export function withIssuerSeen<Inputs extends Issued>(context: CheckContext<Inputs>): Inputs {
  const { issuer } = context.news;
  // With ignoreChanges the engine puts back the issuer of the last check.
  if (issuer?.kind !== "certificateAuthority" || issuer.seen !== undefined) return context.news;
  const seen = seenBy(context);
  return seen === undefined ? context.news : { ...context.news, issuer: { ...issuer, seen } };
}

function seenBy({ olds, credentials, areCredentialsKnown }: CheckContext<Issued>): string | undefined {
  if (credentials.issuer === undefined) {
    // Not passed on purpose (ignoreChanges): nothing new was seen.
    return areCredentialsKnown ? olds?.issuer?.seen : unknown;
  }
  // Undefined for a CA that awaits its signature.
  const authority = parseCredentials(credentials.issuer);
  return authority && seenOf(authority);
}

const known = new WeakMap<CertificateAuthorityCredentials, string>();

/** What certificates compare to notice another key or another chain of their issuer; refuses what cannot be read. */
function seenOf(authority: CertificateAuthorityCredentials): string {
  let seen = known.get(authority);
  if (seen === undefined) {
    const { certificatePem, chainPem, trustBundlePem } = authority;
    const { certificate, spkiSha256 } = parseCertificate(certificatePem, "issuer.certificatePem");
    const above = [
      ...parseCertificates(chainPem, "issuer.chainPem"),
      ...parseCertificates(trustBundlePem, "issuer.trustBundlePem"),
    ];
    const end = pathEnd(
      certificate,
      above.map((facts) => facts.certificate),
    );
    const key = Buffer.from(spkiSha256, "base64").toString("hex").slice(0, 16);
    const chain = createHash("sha256").update([certificatePem, chainPem, trustBundlePem].join("\0")).digest("hex");
    seen = `${key}/${chain.slice(0, 16)} ${formatInstant(end)}`;
    known.set(authority, seen);
  }
  return seen;
}
