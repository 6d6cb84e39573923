import * as pulumi from "@pulumi/pulumi";

/** Anything that a certificate can be issued by: a `CertificateAuthority`, an `AcmeAccount`, `selfSigned()` or `caIssuer({ … })`. */
export interface Issuer {
  /** @internal How the issuer stands among the inputs of what it signs. */
  issuerInputs(): IssuerWire;
}

/** @internal */
export interface IssuerWire {
  readonly issuer?: pulumi.Input<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, pulumi.Input<unknown>>>;
  /** Of an ACME account: where certificates are ordered. */
  readonly directory?: pulumi.Input<string>;
  /** Arguments of a certificate that the issuer gives where the certificate does not. */
  readonly defaults?: pulumi.Inputs;
}

/** @internal The wire form of the issuers that are asked where the first one does not issue. */
export function fallbackWire(issuers: readonly Issuer[] = []): { inputs: pulumi.Inputs; credentials: pulumi.Inputs } {
  if (issuers.length === 0) return { inputs: {}, credentials: {} };
  const wires = issuers.map((issuer) => issuer.issuerInputs());
  const described = wires.map(({ issuer = selfSignedIssuer, defaults }) =>
    pulumi.all([issuer, defaults]).apply(([known, more]) => ({ ...known, ...more })),
  );
  return {
    inputs: { fallbackIssuers: described },
    credentials: { fallbackIssuers: wires.map(({ credentials = {} }) => credentials) },
  };
}

const selfSignedIssuer = { kind: "selfSigned", resource: "selfSigned" };

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
  const wire = caWire("external", { certificatePem, chainPem, trustBundlePem, privateKeyPem });
  return { issuerInputs: () => wire };
}

interface CaParts {
  readonly certificatePem: pulumi.Input<string | undefined>;
  readonly chainPem: pulumi.Input<string | undefined>;
  readonly trustBundlePem: pulumi.Input<string | undefined>;
  readonly privateKeyPem: pulumi.Input<string>;
}

/**
 * @internal The wire form of an issuing CA, made once for all certificates that it signs. Values are what costs the
 * engine and the program, so the credentials are one text, from which the provider also takes what it sees of the CA.
 */
export function caWire(
  resource: pulumi.Input<string>,
  { certificatePem, chainPem, trustBundlePem, privateKeyPem }: CaParts,
  known: Record<string, unknown> = {},
): IssuerWire {
  const text = pulumi.all([certificatePem, chainPem, trustBundlePem, privateKeyPem]).apply(credentialsText);
  return {
    issuer: { kind: "certificateAuthority", resource, ...known },
    credentials: { issuer: pulumi.secret(text) },
  };
}

/** A root goes once with each certificate, not twice: as itself and as its own trust bundle. */
function credentialsText([certificatePem, chainPem, trustBundlePem, privateKeyPem]: readonly (
  string | undefined
)[]): string {
  const isRoot = trustBundlePem === certificatePem;
  return JSON.stringify({ certificatePem, chainPem, ...(!isRoot && { trustBundlePem }), privateKeyPem });
}
