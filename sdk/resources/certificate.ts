import * as pulumi from "@pulumi/pulumi";
import type { KeystoreArgs } from "../keystores/registry";
import { type FallbackArgs, type RenewableArgs, splitAdopt } from "./arguments";
import { fullChainOf, notBeforeOf, serialNumberOf } from "./derived";
import { noteCertificate } from "./orderForecast";
import { plainStacks } from "./plainStacks";
import { certificateOutputs, fullName, typeToken, wireInputs, wireOptions } from "./handler";
import { type Issuer, fallbackWire } from "./issuer";
import { type KeySpec, keySpecAsked } from "./keySpec";
import { rootsOfIssuer } from "./knownTrust";
import { announceTimeTravel, reportWarnings } from "./warnings";

/** Arguments of a {@link Certificate}. */
export interface CertificateArgs extends RenewableArgs, FallbackArgs {
  /**
   * Who signs: a `CertificateAuthority`, an `AcmeAccount`, `caIssuer({ … })` or `selfSigned()`. Another issuer, or another `generation`
   * of it, **re-issues** in the same run; an issuer that renewed itself is shown by the next preview.
   */
  issuer: Issuer;
  /** DNS names, wildcards (`*.example.com`) and internationalized names included (RFC 5280, 4.2.1.6). Changing them **re-issues**. @default none */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** IPv4 and IPv6 addresses. Changing them **re-issues**. @default none */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** URIs, such as SPIFFE identities. Changing them **re-issues**. @default none */
  uris?: pulumi.Input<pulumi.Input<string>[]>;
  /** E-mail addresses. Changing them **re-issues**. @default none */
  emailAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * A certificate signing request, PEM (RFC 2986): its key is certified and no private key enters the state. Names
   * that are given as well must be the same. Changing it **re-issues**. @default a key is made
   */
  csrPem?: pulumi.Input<string>;
  /**
   * The profile that an ACME CA is to issue by, such as `shortlived`. Changing it **re-issues**.
   * @default the profile of the account, else the CA's own default
   */
  profile?: pulumi.Input<string>;
  /**
   * Which of the chains that an ACME CA offers to take: the common name of its root or of another certificate in it.
   * Changing it **re-issues**. @default the `preferredChain` of the account, else the CA's first
   */
  preferredChain?: pulumi.Input<string>;
  /**
   * Revokes the certificate when the resource is deleted, with this reason (RFC 5280, 5.3.1). For ACME CAs only.
   * Changing it **updates in place**. @default it is not revoked
   */
  revokeOnDelete?: pulumi.Input<RevocationReason>;
  /** Keystores by file name, `{ "web.p12": pkcs12({ password }) }`. Changing them **updates in place**. @default none */
  keystores?: Record<string, KeystoreArgs>;
}

/** The reasons that subscribers of public CAs may give. */
export type RevocationReason = "unspecified" | "keyCompromise" | "superseded" | "cessationOfOperation";

/** `dnsNames` is an argument too, which may be left out. */
const outputs = [...certificateOutputs, "dnsNames"];

const none = pulumi.output(undefined);

/** When a certificate is renewed next and why it was issued last. */
export interface RenewalState {
  /** Counts what was issued because its inputs changed; a renewal for the dates of an ACME CA leaves it as it is. */
  epoch: number;
  /** The code of the reason for the last issuance. */
  reason: string;
  /** RFC 3339. */
  dueAt: string;
}

/**
 * A certificate with its private key, from a CA of this program, from one elsewhere, or self-signed.
 *
 * It is renewed by the `pulumi up` in which it comes due, `renewBefore` its end; the preview before shows
 * `[diff: ~renewal]` and the reason. Every change updates in place. Deleting it removes it from the state: it is not
 * revoked unless `revokeOnDelete`, and what was deployed of it stays.
 *
 * @example
 * const root = new CertificateAuthority("root", { commonName: "Example Root" });
 * const web = new Certificate("web", { issuer: root, dnsNames: ["web.internal.example"], duration: "90d", renewBefore: "30d" });
 */
export class Certificate extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = typeToken("Certificate");

  /** True for a `Certificate` of any copy of this package. */
  static override isInstance(value: unknown): value is Certificate {
    return (
      pulumi.CustomResource.isInstance(value) &&
      (value as { __pulumiType?: string }).__pulumiType === Certificate.__pulumiType
    );
  }

  /** @internal Project, stack and name, by which its provider knows it. */
  readonly __source: { readonly name: string };
  /** @internal What its arguments say of its key, for a preview that does not know the certificate. */
  readonly __keySpec: () => pulumi.Output<KeySpec | undefined>;
  /** @internal The roots that it will have, for a preview that does not know them; undefined where they depend on who issues. */
  readonly __trustBundle: () => pulumi.Output<string> | undefined;

  /** The certificate, PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** Intermediates, the issuing one first, without the root; empty under a root or when self-signed. */
  declare readonly chainPem: pulumi.Output<string>;
  /** Roots only: what clients trust. */
  declare readonly trustBundlePem: pulumi.Output<string>;
  /** The private key, PKCS#8 PEM, a secret; undefined for a CSR or a certificate that was adopted without its key. */
  declare readonly privateKeyPem: pulumi.Output<string | undefined>;
  /** RFC 3339. */
  declare readonly notAfter: pulumi.Output<string>;
  /** SHA-256 of the certificate, hexadecimal. */
  declare readonly fingerprintSha256: pulumi.Output<string>;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, base64. */
  declare readonly spkiSha256: pulumi.Output<string>;
  /** DNS names as they stand in the certificate. */
  declare readonly dnsNames: pulumi.Output<string[]>;
  /** The keystores, base64, by name: a secret. */
  declare readonly keystoreFiles: pulumi.Output<Record<string, string> | undefined>;
  /** When it is renewed next and why it was issued last. */
  declare readonly renewal: pulumi.Output<RenewalState>;
  /** With `fallbackIssuers`: the name of the issuer that issued; `warnings` say why it was not the first. */
  declare readonly servedBy: pulumi.Output<string | undefined>;
  /** What is not as it should be although it was issued, for example a lifetime cut to its CA's. */
  declare readonly warnings: pulumi.Output<string[] | undefined>;
  /** Why the last renewal failed, while the certificate before it is kept. */
  declare readonly lastFailure: pulumi.Output<string | undefined>;

  /** The certificate followed by its chain: what servers send. */
  get fullChainPem(): pulumi.Output<string> {
    return fullChainOf(this);
  }

  /** RFC 3339. */
  get notBefore(): pulumi.Output<string> {
    return notBeforeOf(this.certificatePem);
  }

  /** Hexadecimal. */
  get serialNumber(): pulumi.Output<string> {
    return serialNumberOf(this.certificatePem);
  }

  constructor(name: string, args: CertificateArgs, options?: pulumi.CustomResourceOptions) {
    const { issuer, fallbackIssuers, keystores, adopt: adoptArgs, ...rest } = args;
    const { adopt, credentials: adoptCredentials } = splitAdopt(adoptArgs);
    const wire = issuer.issuerInputs();
    const { issuer: issuerInputs, credentials, directory, defaults } = wire;
    const fallback = fallbackWire(fallbackIssuers);
    const inputs = {
      ...defaults,
      ...rest,
      ...fallback.inputs,
      ...(issuerInputs && { issuer: issuerInputs }),
      ...(adopt && { adopt }),
      ...(keystores && { keystores: withoutPasswords(keystores) }),
      credentials: { ...credentials, ...fallback.credentials, ...adoptCredentials, ...keystorePasswords(keystores) },
    };
    const isOrdered = directory !== undefined;
    const registered = plainStacks();
    super(
      Certificate.__pulumiType,
      name,
      wireInputs("Certificate", name, inputs, [
        ...outputs,
        ...(keystores ? ["keystoreFiles"] : []),
        ...(fallbackIssuers ? ["servedBy"] : []),
      ]),
      wireOptions(options, ["privateKeyPem", "keystoreFiles", "passwordMarker", "pendingOrder"], [], isOrdered),
    );
    registered();
    this.__source = { name: fullName(name) };
    this.__keySpec = () => keySpecAsked(args, wire);
    this.__trustBundle = () => (fallbackIssuers === undefined ? rootsOfIssuer(issuer) : undefined);
    if (keystores === undefined) this.keystoreFiles = none;
    if (fallbackIssuers === undefined) this.servedBy = none;
    announceTimeTravel();
    if (isOrdered) noteCertificate(name, directory, this);
    reportWarnings(this);
  }
}

function keystorePasswords(keystores: Record<string, KeystoreArgs> | undefined): pulumi.Inputs {
  if (keystores === undefined) return {};
  const passwords = Object.entries(keystores).map(([name, { password }]) => [name, pulumi.secret(password)]);
  return { keystores: Object.fromEntries(passwords) as pulumi.Inputs };
}

function withoutPasswords(keystores: Record<string, KeystoreArgs>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(keystores).map(([name, { password: _, ...spec }]) => [name, spec]));
}
