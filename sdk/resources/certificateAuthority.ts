import * as pulumi from "@pulumi/pulumi";
import type { NameConstraints } from "../x509/nameConstraints";
import { type RenewableArgs, splitAdopt } from "./arguments";
import type { RenewalState } from "./certificate";
import { fullChainOf, notBeforeOf, serialNumberOf } from "./derived";
import { plainStacks } from "./plainStacks";
import { certificateOutputs, typeToken, wireInputs, wireOptions } from "./handler";
import { type Issuer, type IssuerWire, caWire } from "./issuer";
import { announceTimeTravel, reportWarnings } from "./warnings";

/** Arguments of a {@link CertificateAuthority}. */
export interface CertificateAuthorityArgs extends RenewableArgs {
  /** Who signs this CA. Another issuer **re-issues** it with the same key. @default it signs itself: a root */
  issuer?: Issuer;
  /**
   * `external` for a CA that is signed elsewhere, such as by an offline root: the output `csrPem` is to be signed
   * there, and the result comes back as `signedCertificatePem`. Until then nothing can be issued by it.
   * @default it is signed by `issuer`, else by itself
   */
  signedBy?: pulumi.Input<"external">;
  /** The certificate that was made elsewhere from `csrPem`, PEM; what follows it is its chain. Changing it **updates in place**. @default none yet */
  signedCertificatePem?: pulumi.Input<string>;
  /** Intermediates above it, the issuing one first. Changing them **updates in place**. @default what follows in `signedCertificatePem` */
  signedChainPem?: pulumi.Input<string>;
  /** The roots above it. Changing them **updates in place**. @default none */
  signedTrustBundlePem?: pulumi.Input<string>;
  /** How many further CAs may stand below it (RFC 5280, 4.2.1.9); 0 for a CA that signs only leaves. Changing it **re-issues**. @default no limit */
  pathLength?: pulumi.Input<number>;
  /** The names it may certify (RFC 5280, 4.2.1.10). Names outside are an error at preview. Changing them **re-issues**. @default all */
  nameConstraints?: pulumi.Input<NameConstraints>;
  /** Where its revocation list is published. Changing it **updates in place**: it stands in what the CA signs from then on. @default none */
  crlUrls?: pulumi.Input<pulumi.Input<string>[]>;
  /** Where its certificate is published (AIA caIssuers). Changing it **updates in place**: it stands in what the CA signs from then on. @default none */
  issuerUrls?: pulumi.Input<pulumi.Input<string>[]>;
  /** Where its OCSP responder is. Changing it **updates in place**: it stands in what the CA signs from then on. @default none */
  ocspUrls?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Counts the keys of the CA. Changing it **re-issues** the CA with a new key, and in the same run everything that it
   * issued; the preview shows all of it. @default 1
   */
  generation?: pulumi.Input<number>;
}

const outputs = [...certificateOutputs, "csrPem"];

/**
 * A certificate authority: a root, a subordinate of another at any depth, or one that is signed elsewhere.
 *
 * It renews itself with the same key `renewBefore` its end, so that what it issued stays valid; the next preview shows
 * the certificates that take over its new chain. A new key is made only by `generation`. Its private key stands in this
 * resource's state, encrypted, and nowhere else; set `protect` on it. Deleting it removes the key with the state.
 *
 * @example
 * const root = new CertificateAuthority("root", { commonName: "Example Root", duration: "10y" });
 * const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1", duration: "3y", issuer: root, pathLength: 0 });
 */
export class CertificateAuthority extends pulumi.CustomResource implements Issuer {
  /** @internal */
  static readonly __pulumiType = typeToken("CertificateAuthority");

  /** The CA's certificate, PEM; undefined while it awaits its signature. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** Intermediates above it, the issuing one first, without the root. */
  declare readonly chainPem: pulumi.Output<string>;
  /** Roots only: what clients trust. */
  declare readonly trustBundlePem: pulumi.Output<string>;
  /** The private key, PKCS#8 PEM, a secret. Do not make it a stack output: that copies it into every stack that refers to this one. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** RFC 3339. */
  declare readonly notAfter: pulumi.Output<string>;
  /** SHA-256 of the certificate, hexadecimal. */
  declare readonly fingerprintSha256: pulumi.Output<string>;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, base64. */
  declare readonly spkiSha256: pulumi.Output<string>;
  /** The request to have signed, PEM, for a CA with `signedBy: "external"`. */
  declare readonly csrPem: pulumi.Output<string | undefined>;
  /** When it is renewed next and why it was issued last. */
  declare readonly renewal: pulumi.Output<RenewalState>;
  /** What is not as it should be although it was issued. */
  declare readonly warnings: pulumi.Output<string[] | undefined>;
  /** Why the last renewal failed, while the certificate before it is kept. */
  declare readonly lastFailure: pulumi.Output<string | undefined>;

  readonly #known: Record<string, unknown>;
  #wire: IssuerWire | undefined;

  /** The certificate followed by its chain. */
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

  constructor(name: string, args: CertificateAuthorityArgs, options?: pulumi.CustomResourceOptions) {
    const { issuer, adopt: adoptArgs, ...rest } = args;
    const { adopt, credentials: adoptCredentials } = splitAdopt(adoptArgs);
    const { issuer: issuerInputs, credentials }: IssuerWire = issuer?.issuerInputs() ?? {};
    const inputs = {
      ...rest,
      ...(issuerInputs && { issuer: issuerInputs }),
      ...(adopt && { adopt }),
      credentials: { ...credentials, ...adoptCredentials },
    };
    const registered = plainStacks();
    super(
      CertificateAuthority.__pulumiType,
      name,
      wireInputs("CertificateAuthority", name, inputs, outputs),
      wireOptions(options, ["privateKeyPem", "pendingPrivateKeyPem"]),
    );
    registered();
    const { duration = issuer === undefined ? "10y" : "3y", pathLength, nameConstraints, generation } = args;
    const { crlUrls, issuerUrls, ocspUrls } = args;
    const urls = crlUrls || issuerUrls || ocspUrls ? { crlUrls, issuerUrls, ocspUrls } : undefined;
    this.#known = { duration, pathLength, nameConstraints, urls, generation };
    announceTimeTravel();
    reportWarnings(this);
  }

  /** @internal */
  issuerInputs(): IssuerWire {
    return (this.#wire ??= caWire(this.urn, this, this.#known));
  }
}
