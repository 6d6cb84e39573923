import * as pulumi from "@pulumi/pulumi";
import { chainSha256 } from "../targets/chainSha256";
import type { HostArgs } from "../targets/hosts/hostArgs";
import type { TargetArgs } from "../targets/registry";
import type { EndpointArgs } from "./endpointArgs";
import { plainStacks } from "./plainStacks";
import { splitCredentials } from "./splitCredentials";
import { typeToken, wireInputs, wireOptions } from "./handler";

/** What is deployed: a `Certificate`, a member of a `CertificateSet`, or a certificate from elsewhere as PEM. */
export interface CertificateToDeploy {
  /** The certificate, PEM. */
  readonly certificatePem: pulumi.Input<string>;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprintSha256: pulumi.Input<string>;
  /** Intermediates, issuer after issuer, without the certificate itself and the root. @default none */
  readonly chainPem?: pulumi.Input<string | undefined>;
  /** Roots only. @default none */
  readonly trustBundlePem?: pulumi.Input<string | undefined>;
  /** The private key, PEM, deployed as PKCS#8. Write-only: it does not enter the state of the deployment. @default none */
  readonly privateKeyPem?: pulumi.Input<string | undefined>;
  /** Its DNS names; the first is the server name of endpoints without one of their own. @default none */
  readonly dnsNames?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}

/** Arguments of a {@link CertificateDeployment}. */
export interface CertificateDeploymentArgs {
  /** What to deploy. Another certificate or chain **deploys again**. */
  certificate: CertificateToDeploy;
  /** Where and how, such as `files({ … })`. Changing it **deploys again**, without a new certificate. */
  target: TargetArgs;
  /**
   * Hosts that have the target, one wave after the other: `[[canary], [others, …]]`. A wave is staged, switched and
   * reloaded on all its hosts, then verified; only then the next one begins. One that fails goes back as a whole, the
   * waves after it are left as they are, the run fails, and the next `pulumi up` goes on there. Hosts that are done are
   * not asked again. Removing a host leaves what it has in place. Changing them **deploys** to those that are new.
   * @default this machine alone
   */
  waves?: HostArgs[][];
  /** How many hosts of a wave are worked on at once, at most. Changing it deploys nothing by itself. @default 10 */
  concurrency?: pulumi.Input<number>;
  /**
   * Where the certificate must be served once the target was reloaded. With `waves` those whose address is the `host` of
   * a wave, or a loopback address that is asked `from` it, are asked with that wave, and all others after the last one.
   * If one of them does not serve it in time, what was deployed before comes back and the run fails. Changing them
   * **verifies again**. @default nothing is verified
   */
  endpoints?: pulumi.Input<pulumi.Input<EndpointArgs>[]>;
  /** How long to keep asking the endpoints, a duration. Changing it counts from the next deployment. @default `2m` */
  timeout?: pulumi.Input<string>;
  /**
   * `previous` goes back to the revision that was in use before the present one, and stays there, whatever is issued
   * meanwhile, until it is `current` again. Changing it **deploys in place**. @default `current`
   */
  revision?: pulumi.Input<"current" | "previous">;
  /** Metadata that is written beside what is deployed. Changing it **updates in place** and reloads nothing. @default none */
  owner?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const outputs = ["deployedFingerprint", "previousFingerprint", "deployedAt", "status", "drift"] as const;

/**
 * A certificate in the place from which it is served. It is staged there, checked, switched to in one atomic step,
 * reloaded and verified on its endpoints; if anything of that fails, what was there before comes back, the run fails,
 * and the next `pulumi up` tries again without a new certificate.
 *
 * It deploys again in the `pulumi up` that renews the certificate. `pulumi refresh` notices what was changed by hand,
 * which shows as `drift` and is put right by the next `pulumi up`. Deleting it leaves what is deployed in place, unless
 * its target says otherwise, and never touches anything else.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example.com"] });
 * new CertificateDeployment("edge", {
 *   certificate: web,
 *   target: files({
 *     directory: "/etc/nginx/tls/web",
 *     files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
 *     check: ["/usr/sbin/nginx", "-t"],
 *     reload: ["/usr/sbin/nginx", "-s", "reload"],
 *   }),
 *   endpoints: [{ address: "web.example.com" }],
 * });
 */
export class CertificateDeployment extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = typeToken("CertificateDeployment");

  /** True for a `CertificateDeployment` of any copy of this package. */
  static override isInstance(value: unknown): value is CertificateDeployment {
    return (
      pulumi.CustomResource.isInstance(value) &&
      (value as { __pulumiType?: string }).__pulumiType === CertificateDeployment.__pulumiType
    );
  }

  /** SHA-256 of the certificate that is deployed, hexadecimal. */
  declare readonly deployedFingerprint: pulumi.Output<string>;
  /** SHA-256 of the certificate to which `revision: "previous"` goes back; undefined if there is none. */
  declare readonly previousFingerprint: pulumi.Output<string | undefined>;
  /** When the target was changed last, RFC 3339. */
  declare readonly deployedAt: pulumi.Output<string>;
  /** `deployed`, `rolledBack` while `revision` is `previous`, or `waiting` for the first issuance of the certificate. */
  declare readonly status: pulumi.Output<"deployed" | "rolledBack" | "waiting">;
  /** What the last refresh found changed by hand, a line for each difference. */
  declare readonly drift: pulumi.Output<string[] | undefined>;

  constructor(name: string, args: CertificateDeploymentArgs, options?: pulumi.CustomResourceOptions) {
    const { certificate, target, waves, endpoints, ...rest } = args;
    const { description, credentials } = splitCredentials<TargetArgs>(target);
    const hosts = waves && splitCredentials<HostArgs[][]>(waves);
    const asked = endpoints && splitCredentials(endpoints);
    const { certificatePem, chainPem, trustBundlePem, privateKeyPem, fingerprintSha256, dnsNames } = certificate;
    const inputs = {
      ...rest,
      certificate: { fingerprintSha256, chainSha256: digest(chainPem, trustBundlePem), dnsNames: dnsNames ?? [] },
      // Taken out by check: what a preview knows of the certificate although its outputs are unknown.
      source: (certificate as { __source?: pulumi.Inputs }).__source,
      target: description,
      ...(hosts && { waves: hosts.description }),
      ...(asked && { endpoints: asked.description }),
      credentials: pulumi.secret({
        material: { certificatePem, chainPem, trustBundlePem, privateKeyPem },
        target: credentials,
        ...(hosts && { waves: hosts.credentials }),
        ...(asked && { endpoints: asked.credentials }),
      }),
    };
    const registered = plainStacks();
    super(
      CertificateDeployment.__pulumiType,
      name,
      wireInputs("CertificateDeployment", name, inputs, outputs),
      wireOptions(options, ["credentialsMarker"]),
    );
    registered();
  }
}

/** Of public texts, which may come as secrets. */
function digest(...texts: (pulumi.Input<string | undefined> | undefined)[]): pulumi.Output<string> {
  return pulumi.unsecret(pulumi.all(texts).apply(([chain, trustBundle]) => chainSha256(chain, trustBundle)));
}
