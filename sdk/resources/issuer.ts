import { X509Certificate, createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { formatInstant } from "../duration";
import { pathEnd } from "../x509/pathEnd";

/** Anything that a certificate can be issued by: a `CertificateAuthority`, `selfSigned()` or `caIssuer({ … })`. */
export interface Issuer {
  /** @internal How the issuer stands among the inputs of what it signs. */
  issuerInputs(): IssuerWire;
}

/** @internal */
export interface IssuerWire {
  readonly issuer?: pulumi.Input<Record<string, unknown>>;
  readonly credentials?: pulumi.Input<Record<string, unknown>>;
}

/** The certificate is signed with its own key. It has no chain, and whoever is to trust it must be given it. */
export function selfSigned(): Issuer {
  return { issuerInputs: () => ({}) };
}

/** A CA that no resource of this program manages: from another stack, or from elsewhere. */
export interface CaIssuerArgs {
  /** The CA's certificate, PEM. */
  certificatePem: pulumi.Input<string>;
  /** The CA's private key, PEM (PKCS#8, SEC 1 or PKCS#1). Write-only: it does not enter this stack's state. */
  privateKeyPem: pulumi.Input<string>;
  /** Intermediates above the CA, the issuing one first, without the root. @default none */
  chainPem?: pulumi.Input<string>;
  /** The roots. @default the CA's own certificate where it is self-signed, else none */
  trustBundlePem?: pulumi.Input<string>;
}

/**
 * Signs with a CA from elsewhere: another stack's, or one that exists already.
 *
 * The CA's own renewal becomes visible in two runs: the first records it, the next preview shows `IssuerRenewed` or
 * `IssuerKeyChanged` on each certificate.
 *
 * @example
 * const platform = new pulumi.StackReference("example/platform/prod");
 * const privateKeyPem = new pulumi.Config().requireSecret("issuingKey");
 * const issuing = caIssuer({ certificatePem: platform.requireOutput("issuingCertificatePem"), privateKeyPem });
 */
export function caIssuer(args: CaIssuerArgs): Issuer {
  const { certificatePem, privateKeyPem, chainPem = "", trustBundlePem = "" } = args;
  const wire = caWire("external", 1, { certificatePem, chainPem, trustBundlePem, privateKeyPem });
  return { issuerInputs: () => wire };
}

interface CaParts {
  readonly certificatePem: pulumi.Input<string | undefined>;
  readonly chainPem: pulumi.Input<string | undefined>;
  readonly trustBundlePem: pulumi.Input<string | undefined>;
  readonly privateKeyPem: pulumi.Input<string>;
}

/** @internal The wire form of an issuing CA, made once for all certificates that it signs. */
export function caWire(
  resource: pulumi.Input<string>,
  generation: pulumi.Input<number>,
  parts: CaParts,
  known: Record<string, unknown> = {},
): IssuerWire {
  const { certificatePem, chainPem, trustBundlePem, privateKeyPem } = parts;
  const seen = pulumi
    .all([certificatePem, chainPem, trustBundlePem])
    .apply(([certificate, chain = "", roots = ""]) =>
      certificate === undefined ? undefined : seenOf(certificate, chain, roots),
    );
  return {
    issuer: { kind: "certificateAuthority", resource, generation, seen: pulumi.unsecret(seen), ...known },
    // One text instead of four values, because it goes to the provider with each certificate.
    credentials: pulumi.secret({
      issuer: pulumi.jsonStringify({ certificatePem, chainPem, trustBundlePem, privateKeyPem }),
    }),
  };
}

/** What certificates compare to notice another key or another chain of their issuer. */
function seenOf(certificatePem: string, chainPem: string, trustBundlePem: string): Record<string, string> | undefined {
  const blocks =
    (chainPem + "\n" + trustBundlePem).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificates = [certificatePem, ...blocks].map(readable);
  const [certificate, ...above] = certificates.filter((one) => one !== undefined);
  // The provider refuses what cannot be read, and says what it is; a unit test's mocks may give any text.
  if (certificate === undefined || certificates.includes(undefined)) return undefined;
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return {
    spkiSha256: createHash("sha256").update(spki).digest("base64"),
    fingerprint: createHash("sha256").update([certificatePem, chainPem, trustBundlePem].join("\0")).digest("hex"),
    notAfter: formatInstant(pathEnd(certificate, above)),
  };
}

function readable(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
