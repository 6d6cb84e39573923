import { createHash } from "node:crypto";
import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type OwnerArgs, ownerLabels } from "../owner";
import { checked, refusal } from "../refuse";
import type { Transform } from "../transform";
import { configMapExplanations, secretExplanations } from "./explanations";
import { type TrustSource, mergedRoots } from "./mergedRoots";
import { type MutableObject, mutableConfigMap, mutableSecret } from "./mutableObject";
import { mergedLabels } from "./labels";
import { objectName } from "./names";
import { type TrustNamespace, type TrustTargetArgs, trustPlaces } from "./trustTargets";

/** Arguments of a {@link TrustBundle}. */
export interface TrustBundleArgs {
  /**
   * Where the roots come from: CAs, certificates (their `trustBundlePem`) or PEM texts. Roots that several of them have
   * stand in it once. What is no CA, has expired or cannot be read is an error. Changing them **updates in place**.
   */
  sources: TrustSource[];
  /**
   * The namespaces that get it, in the component's cluster. Adding one **creates** the object there, removing one
   * **deletes** it there. @default none, besides those of `targets`
   */
  namespaces?: TrustNamespace[];
  /** Namespaces of several clusters. Changing them **creates** and **deletes** likewise. @default none, besides `namespaces` */
  targets?: TrustTargetArgs[];
  /** Whether the roots stand in a ConfigMap or in a Secret. Changing it **replaces**. @default `ConfigMap` */
  kind?: "ConfigMap" | "Secret";
  /** The name of the object in each namespace. Changing it **replaces**: the new one is there before the old one goes. @default the name of the resource */
  objectName?: pulumi.Input<string>;
  /** The key that holds the roots, PEM. Changing it **updates in place**. @default `ca-bundle.crt` */
  key?: pulumi.Input<string>;
  /** Labels of the objects. Changing them **updates in place**. @default those of `owner` */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Who it belongs to, as labels `pulumi-certificates/owner-…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /**
   * Whether objects that are there, whoever keeps them, become these. They then stay when this resource is deleted, until
   * `takeOver` is taken off again. Changing it **updates in place**. @default false: the run fails and says so
   */
  takeOver?: boolean;
  /** A last word on its children. */
  transform?: {
    /** Each ConfigMap, and with its name and data what keeps the data. */
    configMap?: Transform<kubernetes.core.v1.ConfigMapArgs>;
    /** Each Secret, likewise. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
  };
}

/**
 * The roots that clients are to trust, as a ConfigMap or Secret in many namespaces and clusters.
 *
 * Another set of roots changes every object in place: none is absent for a moment. Pods that mount it see the new roots
 * within the kubelet's sync period, about a minute; those that read them when they start take `podAnnotations` into
 * their pod template. Deleting it deletes the objects: whatever still mounts them does not start again.
 *
 * @example
 * const root = new CertificateAuthority("root", { commonName: "Example Root" });
 * new TrustBundle("example-roots", { sources: [root], namespaces: ["shop", "payments"] });
 */
export class TrustBundle extends pulumi.ComponentResource {
  /** The roots, PEM, ordered by their fingerprints. */
  readonly bundlePem: pulumi.Output<string>;
  /** The name of the object in each namespace, known to dependents once it holds the roots everywhere. */
  readonly objectName: pulumi.Output<string>;
  /** Annotations for the pod templates of workloads that read the roots only when they start. */
  readonly podAnnotations: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: TrustBundleArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:TrustBundle", name, {}, options);
    const { kind = "ConfigMap", takeOver, transform } = args;
    if (kind !== "ConfigMap" && kind !== "Secret")
      throw refusal("kind", `"${String(kind)}" cannot hold roots.`, 'Use "ConfigMap" or "Secret".');
    if (args.sources.length === 0)
      throw refusal("sources", "it is empty.", "Give at least one CA, certificate or PEM text with roots.");
    const places = trustPlaces(args.namespaces, args.targets);
    const named = objectName("objectName", args.objectName ?? name);
    const bundlePem = mergedRoots("sources", args.sources);
    const labels = mergedLabels(args.labels, ownerLabels(args.owner));
    const dataKey = checked(args.key ?? "ca-bundle.crt", refuseKey);
    const keyed = (text: (pem: string) => string): pulumi.Output<Record<string, string>> =>
      pulumi.all([dataKey, bundlePem]).apply(([key, pem]) => ({ [key]: text(pem) }));

    const objects = places.map(({ label, namespace, provider }): MutableObject => {
      const metadata = { name: named, namespace, labels };
      const how = { options: { parent: this, ...(provider && { provider }) }, takeOver, createdWith: [] };
      const child = `${name}-${label}`;
      if (kind === "Secret")
        return mutableSecret(
          child,
          { metadata, type: "Opaque", data: keyed((pem) => Buffer.from(pem).toString("base64")) },
          { ...how, transform: transform?.secret, explanations: secretExplanations },
        );
      return mutableConfigMap(
        child,
        { metadata, data: keyed((pem) => pem) },
        { ...how, transform: transform?.configMap, explanations: configMapExplanations },
      );
    });

    this.bundlePem = bundlePem;
    this.objectName = pulumi.all([named, ...objects.map(({ data }) => data.urn)]).apply(([known]) => known as string);
    this.podAnnotations = pulumi.all([this.objectName, bundlePem]).apply(([known, pem]) => ({
      [`${known}.pulumi-certificates/trust-bundle-sha256`]: createHash("sha256").update(pem).digest("hex"),
    }));
    this.registerOutputs({ bundlePem, objectName: this.objectName });
  }
}

function refuseKey(key: string): void {
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(key) && !/^\.\.?$/.test(key)) return;
  throw refusal("key", `"${key}" cannot be a key.`, "Use letters, digits, dots, dashes and underscores.");
}
