import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy, EndpointVerification } from "../../sdk";
import { type OwnerArgs, labelPrefix, ownerLabels } from "../owner";
import { checked, refusal } from "../refuse";
import type { Transform } from "../transform";
import { type VerifyArgs, verified } from "../verified";
import { secretExplanations } from "./explanations";
import { type Labels, mergedLabels } from "./labels";
import { mutableSecret } from "./mutableObject";
import { placed } from "./names";
import { type WorkloadArgs, type WorkloadPatchArgs, rolledWorkloads } from "./rolledWorkloads";
import { chainSha256, tlsTexts } from "./tlsData";

/** Arguments of a {@link TlsSecret}. */
export interface TlsSecretArgs {
  /** What to put into the secret, with its private key. Another certificate **updates in place** and restarts `roll`. */
  certificate: CertificateToDeploy;
  /** The secret's namespace. Changing it **replaces**. @default that of the provider */
  namespace?: pulumi.Input<string>;
  /** The secret's name. Changing it **replaces**: the new one is there before the old one goes. @default the name of the resource */
  secretName?: pulumi.Input<string>;
  /** Adds `ca.crt`, the roots that clients are to trust. Changing it **updates in place**. @default false */
  includeCa?: boolean;
  /**
   * Further keys, base64 as in any secret, such as a certificate's `keystoreFiles`. Changing them **updates in place**.
   * @default none
   */
  extraData?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /** Labels of the secret. Changing them **updates in place**. @default those of `owner` */
  labels?: Labels;
  /** Annotations of the secret. Changing them **updates in place**. @default none */
  annotations?: Labels;
  /** Who it belongs to, as labels `pulumi-certificates/owner-…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /**
   * Whether a secret that is there, whoever keeps it, becomes this one. It then stays when this resource is deleted,
   * until `takeOver` is taken off again. Changing it **updates in place**. @default false: the run fails and says so
   */
  takeOver?: boolean;
  /**
   * Workloads of other programs whose pods read the secret only when they start: restarted once it holds the new
   * certificate, and waited for. Those of this program take `podAnnotations` into their pod template. Adding one
   * **restarts** it; removing one does not. @default none
   */
  roll?: WorkloadArgs[];
  /** Where the certificate must be served once all of it is in place. Changing it **verifies again**. @default nothing is verified */
  verify?: VerifyArgs;
  /** A last word on its children. */
  transform?: {
    /** The secret, and with its name and data what keeps the data. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
    /** What restarts each workload of `roll`. */
    roll?: Transform<WorkloadPatchArgs>;
  };
}

/**
 * A certificate as a `kubernetes.io/tls` Secret: `tls.crt` (the certificate, then its chain) and `tls.key`.
 *
 * A rotation changes both in one step, in place, whatever options the Kubernetes provider has: the secret is never
 * absent and never holds a key of another certificate. Only then pods that read it when they start are restarted
 * (`roll`), and the run waits until they are ready. If they do not become ready the run fails, and the next `pulumi up`
 * goes on there. Deleting it deletes the secret and restarts nothing.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example.com"] });
 * new TlsSecret("web-tls", {
 *   certificate: web,
 *   namespace: "site",
 *   roll: [{ kind: "Deployment", name: "web" }],
 * });
 */
export class TlsSecret extends pulumi.ComponentResource {
  /** The secret's name, known to dependents once it holds the certificate. */
  readonly secretName: pulumi.Output<string>;
  /** The secret's namespace. */
  readonly namespace: pulumi.Output<string>;
  /** SHA-256 of the certificate in the secret, hexadecimal, once it is there. */
  readonly fingerprintSha256: pulumi.Output<string>;
  /** Annotations for the pod templates of this program's own workloads, which restart them with the secret's content. */
  readonly podAnnotations: pulumi.Output<Record<string, string>>;
  /** Present with `verify`. */
  readonly verification: EndpointVerification | undefined;

  constructor(name: string, args: TlsSecretArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:TlsSecret", name, {}, options);
    const { certificate, includeCa = false, takeOver } = args;
    const place = placed(args.secretName ?? name, args.namespace, { name: "secretName" });
    const labels = mergedLabels(args.labels, ownerLabels(args.owner));
    const { object, data } = mutableSecret(
      name,
      {
        metadata: { ...place, labels, ...(args.annotations && { annotations: args.annotations }) },
        type: "kubernetes.io/tls",
        data: secretData(args),
      },
      {
        options: { parent: this },
        transform: args.transform?.secret,
        explanations: secretExplanations,
        takeOver,
        createdWith: ["tls.crt", "tls.key"],
      },
    );
    /** Of what dependents may only know once the secret holds the certificate. The URN is known in every preview. */
    const afterData = <Value>(value: pulumi.Input<Value>): pulumi.Output<Value> =>
      data.urn.apply(() => value) as pulumi.Output<Value>;
    this.secretName = afterData(place.name);
    this.namespace = place.namespace ?? object.metadata.namespace;
    this.fingerprintSha256 = afterData(pulumi.unsecret(pulumi.output(certificate.fingerprintSha256)));
    const chain = chainSha256(certificate, includeCa);
    this.podAnnotations = pulumi
      .all([this.secretName, this.fingerprintSha256, chain])
      .apply(([secret, fingerprint, rest]) => ({
        [`${secret}.${labelPrefix}fingerprint-sha256`]: fingerprint,
        [`${secret}.${labelPrefix}chain-sha256`]: rest,
      }));
    const rolls = rolledWorkloads(name, args.roll ?? [], {
      parent: this,
      namespace: args.namespace,
      podAnnotations: this.podAnnotations,
      transform: args.transform?.roll,
    });
    this.verification = verified(name, certificate, args.verify, this, [data, ...rolls]);
    this.registerOutputs({
      secretName: this.secretName,
      namespace: this.namespace,
      fingerprintSha256: this.fingerprintSha256,
    });
  }
}

function secretData({
  certificate,
  includeCa = false,
  extraData,
}: TlsSecretArgs): pulumi.Output<Record<string, string>> {
  const extra = checked(extraData as pulumi.Input<Record<string, string> | undefined>, (data) =>
    refuseExtra(data ?? {}, includeCa),
  );
  const data = pulumi.all([tlsTexts(certificate, includeCa), extra]).apply(([texts, more]) => {
    const own = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    return { ...(Object.fromEntries(own) as Record<string, string>), ...more };
  });
  return pulumi.secret(data);
}

function refuseExtra(data: Record<string, string>, includeCa: boolean): void {
  for (const [key, value] of Object.entries(data)) {
    if (key === "tls.crt" || key === "tls.key" || (includeCa && key === "ca.crt"))
      throw refusal(`extraData["${key}"]`, "this key is that of the certificate.", "Take it out.");
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key))
      throw refusal(
        `extraData["${key}"]`,
        "this cannot be a key of a secret.",
        "Use letters, digits, dots, dashes and underscores.",
      );
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0)
      throw refusal(
        `extraData["${key}"]`,
        "its value is not base64.",
        'Encode it: Buffer.from(text).toString("base64").',
      );
  }
}
