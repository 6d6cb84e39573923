import * as pulumi from "@pulumi/pulumi";
import type { TlsVersion } from "../verify/served";
import type { EndpointArgs } from "./endpointArgs";
import { joinTexts } from "../verify/joinTexts";
import { plainStacks } from "./plainStacks";
import { splitCredentials } from "./splitCredentials";
import { typeToken, wireInputs, wireOptions } from "./handler";

/** What must be served: a `Certificate`, a member of a `CertificateSet`, or the outputs of one from elsewhere. */
export interface VerifiableCertificate {
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprintSha256: pulumi.Input<string>;
  /** Intermediates, without the root. @default none */
  readonly chainPem?: pulumi.Input<string | undefined>;
  /** The roots at one of which the served chain must end. @default it must hold every certificate of `chainPem` */
  readonly trustBundlePem?: pulumi.Input<string | undefined>;
  /** Its DNS names; the first is the server name of endpoints without one of their own. @default none */
  readonly dnsNames?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}

/** Arguments of an {@link EndpointVerification}. */
export interface EndpointVerificationArgs {
  /**
   * What every endpoint must serve. Several certificates, one with an RSA and one with an ECDSA key, are those that it
   * serves side by side. Another certificate, chain or trust bundle **verifies again**.
   */
  certificate: VerifiableCertificate | readonly VerifiableCertificate[];
  /** Where. Changing them **verifies again**. */
  endpoints: pulumi.Input<pulumi.Input<EndpointArgs>[]>;
  /** How long to keep asking, a duration. Changing it counts from the next verification. @default `2m` */
  timeout?: pulumi.Input<string>;
  /** How many times in a row every address must be right, 1 to 100. Changing it counts from the next verification. @default 3 */
  successes?: pulumi.Input<number>;
  /** Versions that each endpoint must offer. Changing them **verifies again**. @default those of 1.2 and 1.3 that it offers */
  tlsVersions?: pulumi.Input<pulumi.Input<TlsVersion>[]>;
}

/** One IP address of an endpoint as it was found. */
export interface VerifiedEndpointAddress {
  /** The endpoint, `address:port`. */
  endpoint: string;
  /** The IP address. */
  address: string;
  /** The TLS versions in which it served the certificate. */
  tlsVersions: TlsVersion[];
  /** It asks its clients for certificates; the handshake was looked at up to there. */
  clientCertificateRequired: boolean;
}

const outputs = ["verifiedFingerprint", "verifiedAt", "addresses", "drift"] as const;

/**
 * The knowledge that a certificate is in service: it connects to every address of every endpoint until each serves
 * exactly this certificate with a complete chain, several times in a row, in TLS 1.2 and 1.3. If one does not in time,
 * the run fails and says which endpoint served what, so resources that depend on this one wait for the certificate to
 * be live.
 *
 * It verifies again when the certificate is renewed or the arguments change. `pulumi refresh` asks each endpoint once;
 * what is no longer right shows as `drift`, and the next `pulumi up` verifies again. Deleting it changes nothing outside.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.internal.example"] });
 * new EndpointVerification("web-live", { certificate: web, endpoints: [{ address: "10.0.0.7", port: 443 }] });
 */
export class EndpointVerification extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = typeToken("EndpointVerification");

  /** True for an `EndpointVerification` of any copy of this package. */
  static override isInstance(value: unknown): value is EndpointVerification {
    return (
      pulumi.CustomResource.isInstance(value) &&
      (value as { __pulumiType?: string }).__pulumiType === EndpointVerification.__pulumiType
    );
  }

  /** The `fingerprintSha256` that all endpoints served; of several certificates the first. */
  declare readonly verifiedFingerprint: pulumi.Output<string>;
  /** When the last verification succeeded, RFC 3339. */
  declare readonly verifiedAt: pulumi.Output<string>;
  /** Every address that was asked, and what it offers. */
  declare readonly addresses: pulumi.Output<VerifiedEndpointAddress[]>;
  /** What the last refresh found not to be right any more, a line for each address. */
  declare readonly drift: pulumi.Output<string[] | undefined>;

  constructor(name: string, args: EndpointVerificationArgs, options?: pulumi.CustomResourceOptions) {
    const { certificate, endpoints, ...rest } = args;
    const { description, credentials } = splitCredentials(endpoints);
    const inputs = {
      ...rest,
      certificate: expectedOf(certificate),
      ...sourcesOf(certificate),
      endpoints: description,
      credentials: pulumi.secret({ endpoints: credentials }),
    };
    const registered = plainStacks();
    super(
      EndpointVerification.__pulumiType,
      name,
      wireInputs("EndpointVerification", name, inputs, outputs),
      wireOptions(options, []),
    );
    registered();
  }
}

function allOf(certificate: EndpointVerificationArgs["certificate"]): readonly VerifiableCertificate[] {
  const all: readonly VerifiableCertificate[] = Array.isArray(certificate) ? certificate : [certificate];
  return all;
}

/** Taken out by check: by them a preview tells certificates that stay as they are although their outputs are unknown. */
function sourcesOf(certificate: EndpointVerificationArgs["certificate"]): pulumi.Inputs {
  const sources = allOf(certificate).map((one) => (one as { __source?: object }).__source);
  return sources.includes(undefined) ? {} : { sources };
}

function expectedOf(certificate: EndpointVerificationArgs["certificate"]): pulumi.Inputs {
  const all = allOf(certificate);
  const joined = (parts: (pulumi.Input<string | undefined> | undefined)[]): pulumi.Output<string> =>
    pulumi.all(parts).apply(joinTexts);
  return {
    fingerprintsSha256: all.map((one) => one.fingerprintSha256),
    chainPem: joined(all.map((one) => one.chainPem)),
    trustBundlePem: joined(all.map((one) => one.trustBundlePem)),
    dnsNames: pulumi
      .all(all.map((one) => pulumi.output(one.dnsNames)))
      .apply((names) => [...new Set(names.flatMap((some) => some ?? []))]),
  };
}
