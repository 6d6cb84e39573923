import { X509Certificate } from "node:crypto";
import { CertificatesError } from "../errors";
import { parsePrivateKey } from "../keys/pem";
import type { Signer } from "../keys/signer";
import { threadedSigner } from "../keys/threadedSigner";
import { formatDay } from "../duration";
import { type IssuerIdentity, issueCertificate } from "../x509/certificate";
import { issuerIdentity } from "../x509/issuerIdentity";
import { parseCertificate, splitPem } from "../x509/parse";
import { pathEnd } from "../x509/pathEnd";
import type { IssuerKind } from "./issuer";

/** What signing with a CA needs: its key and everything above its certificates. */
export interface CertificateAuthorityCredentials {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly trustBundlePem: string;
  readonly privateKeyPem: string;
}

/** A CA that is ready to sign. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly signer: Signer;
  readonly identity: IssuerIdentity;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly chainPem: string;
  readonly trustBundlePem: string;
}

/** Signs with the private key of a CA, in this process. */
export const certificateAuthorityIssuer: IssuerKind = {
  kind: "certificateAuthority",
  trust: "private",
  async issue({ template }, credentials) {
    const authority = authorityOf(credentials.issuer);
    const { notAfter, warning } = latestEnd(template.notAfter, authority);
    const notBefore = template.notBefore < authority.notBefore ? authority.notBefore : template.notBefore;
    const certificate = await issueCertificate(
      { ...template, notBefore, notAfter },
      authority.identity,
      authority.signer,
    );
    const { chainPem, trustBundlePem } = authority;
    return { certificate, chainPem, trustBundlePem, warnings: warning === undefined ? [] : [warning] };
  },
};

/** A certificate ends no later than anything above it. */
function latestEnd(wanted: Date, { notAfter, identity: _ }: Authority): { notAfter: Date; warning?: string } {
  if (notAfter.getTime() <= Date.now()) {
    throw new CertificatesError(
      "IssuerExpiring",
      `The issuing CA, or one above it, expired on ${formatDay(notAfter.getTime())}.`,
      {
        hint: "Renew the CA first.",
        retryable: true,
      },
    );
  }
  if (wanted <= notAfter) return { notAfter: wanted };
  const ends = formatDay(notAfter.getTime());
  return {
    notAfter,
    warning: `The lifetime is cut to ${ends}, the end of the issuing CA or one above it: renew the CA before.`,
  };
}

const prepared = new WeakMap<CertificateAuthorityCredentials, Authority>();

/** Parsed and checked once a process for each CA, whatever the number of certificates. */
export function authorityOf(text: unknown): Authority {
  const credentials = assertCredentials(text);
  const known = prepared.get(credentials);
  if (known !== undefined) return known;
  const { certificatePem, chainPem, trustBundlePem, privateKeyPem } = credentials;
  const facts = parseCertificate(certificatePem, "issuer.certificatePem");
  if (!facts.isCA) {
    throw new CertificatesError("IssuanceFailed", `The issuer's certificate "${facts.subject}" is no CA certificate.`, {
      hint: "Use a certificate with basicConstraints CA:TRUE (RFC 5280, 4.2.1.9).",
    });
  }
  const privateKey = parsePrivateKey(privateKeyPem, "the issuer's private key");
  if (!facts.certificate.checkPrivateKey(privateKey)) {
    throw new CertificatesError(
      "KeyMismatch",
      `The issuer's private key does not belong to its certificate "${facts.subject}".`,
      {
        hint: "Give the key and the certificate of the same CA.",
      },
    );
  }
  // A subordinate CA may bear its root's name.
  const isRoot = facts.certificate.checkIssued(facts.certificate);
  const above = [...splitPem(chainPem), ...splitPem(trustBundlePem)].map((pem) => new X509Certificate(pem));
  const authority: Authority = {
    certificate: facts.certificate,
    signer: threadedSigner(privateKey),
    identity: issuerIdentity(certificatePem),
    notBefore: facts.notBefore,
    notAfter: new Date(pathEnd(facts.certificate, above)),
    chainPem: isRoot ? "" : [certificatePem, ...splitPem(chainPem)].map(withNewline).join(""),
    trustBundlePem: trustBundlePem === "" && isRoot ? certificatePem : trustBundlePem,
  };
  prepared.set(credentials, authority);
  return authority;
}

function withNewline(pem: string): string {
  return pem.endsWith("\n") ? pem : `${pem}\n`;
}

const parsed = new Map<string, CertificateAuthorityCredentials>();
const parsedAtMost = 64;
const noChain = { chainPem: "", trustBundlePem: "" };

/**
 * Reads the JSON text as which a CA's credentials come with each certificate that it signs: the same object for the
 * same text. Undefined where they did not come, or without a certificate, as from a CA that awaits its signature.
 */
export function parseCredentials(text: unknown): CertificateAuthorityCredentials | undefined {
  if (typeof text !== "string") return undefined;
  let credentials = parsed.get(text);
  if (credentials === undefined) {
    credentials = { ...noChain, ...(JSON.parse(text) as object) } as CertificateAuthorityCredentials;
    if (parsed.size >= parsedAtMost) parsed.clear();
    parsed.set(text, credentials);
  }
  return credentials.certificatePem && credentials.privateKeyPem ? credentials : undefined;
}

function assertCredentials(text: unknown): CertificateAuthorityCredentials {
  const credentials = parseCredentials(text);
  if (credentials !== undefined) return credentials;
  throw new CertificatesError(
    "CredentialsMissing",
    "The issuing CA's key and certificate did not reach the certificate.",
    {
      hint:
        "The CA may be awaiting its signature, be left out by --target while it is new, or the certificate may have " +
        'ignoreChanges on "credentials" or "*".',
    },
  );
}
