import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type CertificateToDeploy, type EndpointVerification, trustBundleOf } from "../../sdk";
import { dnsNamesOf, refuseUncovered } from "../hosts";
import type { OwnerArgs } from "../owner";
import { checked, refusal } from "../refuse";
import type { Transform } from "../transform";
import type { VerifyArgs } from "../verified";
import { type CaBundlePatchArgs, type WebhookConfigurationArgs, caBundles } from "./caBundles";
import { type TrustSource, mergedRoots } from "./mergedRoots";
import { namespaceName, objectName } from "./names";
import type { WorkloadArgs, WorkloadPatchArgs } from "./rolledWorkloads";
import { TlsSecret } from "./tlsSecret";

/** The Service by which an API server calls the webhook's server. */
export interface WebhookServiceArgs {
  /** Its name. Changing it is checked against the certificate and changes nothing by itself. */
  name: pulumi.Input<string>;
  /** Its namespace, which is that of the secret too. Changing it **replaces** the secret. */
  namespace: pulumi.Input<string>;
}

/** Arguments of a {@link WebhookTls}. */
export interface WebhookTlsArgs {
  /**
   * What the server serves, with its private key. It must be for `<service>.<namespace>.svc`, the name by which the API
   * server calls it. Another certificate **updates in place** and restarts `roll`.
   */
  certificate: CertificateToDeploy;
  /** The Service in front of the server. Changing its namespace **replaces** the secret; its name is only checked. */
  service: WebhookServiceArgs;
  /** The name of the secret that the server reads. Changing it **replaces**: the new one is there before the old one goes. @default the name of the resource */
  secretName?: pulumi.Input<string>;
  /** Webhooks of ValidatingWebhookConfigurations. Changing them **updates in place**. @default none */
  validating?: WebhookConfigurationArgs[];
  /** Webhooks of MutatingWebhookConfigurations. Changing them **updates in place**. @default none */
  mutating?: WebhookConfigurationArgs[];
  /** CustomResourceDefinitions that the server converts, such as `crontabs.example.com`. Changing them **updates in place**. @default none */
  customResourceDefinitions?: pulumi.Input<string>[];
  /** APIServices that the server answers, such as `v1beta1.metrics.k8s.io`. Changing them **updates in place**. @default none */
  apiServices?: pulumi.Input<string>[];
  /**
   * Roots that the API server is to trust besides those of the certificate: both the old and the new ones while a CA
   * gets a new key. Changing them **updates in place**. @default none
   */
  trust?: TrustSource[];
  /**
   * Workloads of other programs that read the secret only when they start, as in TlsSecret. Adding one **restarts** it;
   * removing one does not. @default none
   */
  roll?: WorkloadArgs[];
  /** Who it belongs to, as labels of the secret. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** Whether a secret that is there becomes this one, as in TlsSecret. Changing it **updates in place**. @default false */
  takeOver?: boolean;
  /** Where the certificate must be served once all of it is in place. Changing it **verifies again**. @default nothing is verified */
  verify?: VerifyArgs;
  /** A last word on its children. */
  transform?: {
    /** What sets each `caBundle`. */
    caBundle?: Transform<CaBundlePatchArgs>;
    /** The secret, and with its name and data what keeps the data. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
    /** What restarts each workload of `roll`. */
    roll?: Transform<WorkloadPatchArgs>;
  };
}

/**
 * The certificate of a server that an API server calls, and the roots by which the API server knows it: admission
 * webhooks, conversion webhooks of custom resources, aggregated APIs.
 *
 * A rotation first puts the roots in place, then the certificate, both in place. Under the same root no call fails.
 * When the root itself changes, keep the old one in `trust` until the run after: then the API server accepts the server
 * before and after it took up its certificate.
 * Deleting it deletes the secret and leaves each `caBundle` as it is: whoever keeps the configurations removes them.
 *
 * @example
 * const root = new CertificateAuthority("root", { commonName: "Cluster Root" });
 * const policy = new Certificate("policy", { issuer: root, dnsNames: ["policy.policy-system.svc"] });
 * new WebhookTls("policy-tls", {
 *   certificate: policy,
 *   service: { name: "policy", namespace: "policy-system" },
 *   validating: [{ name: "policy", webhooks: ["pods.policy.example.com"] }],
 *   roll: [{ kind: "Deployment", name: "policy" }],
 * });
 */
export class WebhookTls extends pulumi.ComponentResource {
  /** The name of the secret, known to dependents once it holds the certificate. */
  readonly secretName: pulumi.Output<string>;
  /** The roots as base64 of PEM: for configurations of this program, which take it as `caBundle` themselves. */
  readonly caBundle: pulumi.Output<string>;
  /** Annotations for the pod template of a server of this program, which restart it with the secret's content. */
  readonly podAnnotations: pulumi.Output<Record<string, string>>;
  /** Present with `verify`. */
  readonly verification: EndpointVerification | undefined;

  constructor(name: string, args: WebhookTlsArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:WebhookTls", name, {}, options);
    const { certificate, service, transform } = args;
    this.caBundle = rootsOf(args).apply((pem) => Buffer.from(pem).toString("base64"));
    const bundles = caBundles(name, args, { parent: this, caBundle: this.caBundle, transform: transform?.caBundle });
    const namespace = reachedAs(certificate, service);
    const secret = new TlsSecret(
      name,
      {
        certificate,
        namespace,
        secretName: args.secretName ?? name,
        ...(args.roll && { roll: args.roll }),
        ...(args.owner && { owner: args.owner }),
        ...(args.takeOver !== undefined && { takeOver: args.takeOver }),
        ...(args.verify && { verify: args.verify }),
        transform: {
          ...(transform?.secret && { secret: transform.secret }),
          ...(transform?.roll && { roll: transform.roll }),
        },
      },
      // A component's children wait for what it depends on: the roots first.
      { parent: this, dependsOn: bundles },
    );
    this.secretName = secret.secretName;
    this.podAnnotations = secret.podAnnotations;
    this.verification = secret.verification;
    this.registerOutputs({ secretName: this.secretName, caBundle: this.caBundle });
  }
}

/** Those of the certificate, and those that are to be trusted besides. */
function rootsOf({ certificate, trust = [] }: WebhookTlsArgs): pulumi.Output<string> {
  const own = certificate.trustBundlePem === undefined ? [] : [{ trustBundlePem: trustBundleOf(certificate) }];
  if (own.length + trust.length === 0)
    throw refusal(
      "certificate",
      "it comes without the roots that the API server is to trust.",
      "Give its `trustBundlePem`, or the roots as `trust`.",
    );
  const pathOf = (at: number): string => (at < own.length ? "certificate.trustBundlePem" : `trust[${at - own.length}]`);
  return mergedRoots(pathOf, [...own, ...trust], true);
}

/** The namespace, once the certificate is known to be for the Service in it. */
function reachedAs(certificate: CertificateToDeploy, { name, namespace }: WebhookServiceArgs): pulumi.Output<string> {
  const service = objectName("service.name", name);
  const within = namespaceName("service.namespace", namespace);
  const known = pulumi.all([service, within, dnsNamesOf(certificate)]);
  return checked(known, ([host, domain, dnsNames]) =>
    refuseUncovered("service", `${host}.${domain}.svc`, dnsNames),
  ).apply(([, domain]) => domain);
}
