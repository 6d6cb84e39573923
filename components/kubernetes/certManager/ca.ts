import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../../refuse";

/** A CA with its private key: a `CertificateAuthority`, or one from elsewhere as PEM. */
export interface CaWithKey {
  /** The CA's certificate, PEM. */
  readonly certificatePem: pulumi.Input<string>;
  /** Its private key, PEM. */
  readonly privateKeyPem: pulumi.Input<string>;
  /** Intermediates above it, the issuing one first, without the root. @default none */
  readonly chainPem?: pulumi.Input<string | undefined>;
  /** The roots. @default none: what it issues comes without a `ca.crt` */
  readonly trustBundlePem?: pulumi.Input<string | undefined>;
}

/** The CA's certificate, once it is known that cert-manager can sign with it. */
export function signingCa(ca: CaWithKey): pulumi.Output<string> {
  const parts: pulumi.Input<string | undefined>[] = [ca.certificatePem, ca.privateKeyPem];
  return pulumi.all(parts).apply(([certificate, key]) => {
    // Asked only here: the request of a CA that has none is unknown to every preview.
    if (!certificate) return pulumi.output((ca as { csrPem?: pulumi.Input<string | undefined> }).csrPem).apply(awaited);
    if (!key) throw withoutKey();
    if (!readCa(certificate).ca)
      throw refusal("ca", "its certificate is not that of a CA.", "Give a CertificateAuthority, not a Certificate.");
    return pulumi.output(certificate);
  });
}

/** A unit test's mocks may leave the outputs of a CA out: then there is no request either. */
function awaited(request: string | undefined): string {
  if (request === undefined) return "";
  throw refusal(
    "ca",
    "it awaits its signature, so nothing can be issued by it yet.",
    "Have its `csrPem` signed, give the result as `signedCertificatePem`, and add this resource in the run after.",
  );
}

function readCa(certificatePem: string): X509Certificate {
  try {
    return new X509Certificate(certificatePem);
  } catch {
    throw refusal("ca.certificatePem", "it is not a certificate in PEM.", "Give the text itself, not a path.");
  }
}

const withoutKey = (): Error =>
  refusal(
    "ca",
    "its private key is not known here, and cert-manager signs with the key itself.",
    'Make an issuing CA for the cluster that has one, new CertificateAuthority("cluster", { signedBy: "external", pathLength: 0 }), ' +
      "and have its `csrPem` signed where the key is.",
  );

/** The fields of `spec.ca` for what it writes into certificates. */
export interface CaUrls {
  readonly crlDistributionPoints?: string[];
  readonly ocspServers?: string[];
  readonly issuingCertificateURLs?: string[];
}

/** Where what it signs says that revocations and its own certificate are found: what the CA's arguments say of ours. */
export function caUrls(ca: CaWithKey): pulumi.Output<CaUrls> {
  const { issuerInputs } = ca as { issuerInputs?: () => { issuer?: pulumi.Input<Record<string, unknown>> } };
  const described = issuerInputs?.call(ca).issuer;
  return pulumi.output(described).apply((issuer): CaUrls => {
    const { crlUrls, ocspUrls, issuerUrls } = (issuer?.urls ?? {}) as Record<string, string[] | undefined>;
    return {
      ...(crlUrls && { crlDistributionPoints: crlUrls }),
      ...(ocspUrls && { ocspServers: ocspUrls }),
      ...(issuerUrls && { issuingCertificateURLs: issuerUrls }),
    };
  });
}
