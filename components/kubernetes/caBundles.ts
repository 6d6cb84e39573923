import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Explanation, explained } from "../explain";
import { refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { objectExplanations } from "./explanations";
import { objectName } from "./names";

/** Webhooks of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration. */
export interface WebhookConfigurationArgs {
  /** The name of the configuration. Changing it **updates in place** the other one; the former keeps its bundle. */
  name: pulumi.Input<string>;
  /** The names of its webhooks that the server answers, such as `pods.policy.example.com`. Changing them **updates in place**. */
  webhooks: pulumi.Input<pulumi.Input<string>[]>;
}

/** Everything by which an API server is told which roots to trust of a server that it calls. */
export interface CaBundleTargets {
  readonly validating?: readonly WebhookConfigurationArgs[] | undefined;
  readonly mutating?: readonly WebhookConfigurationArgs[] | undefined;
  readonly customResourceDefinitions?: readonly pulumi.Input<string>[] | undefined;
  readonly apiServices?: readonly pulumi.Input<string>[] | undefined;
}

/** The arguments of what puts a bundle in place: those of a patch of its kind. */
export interface CaBundlePatchArgs {
  /** Which object. */
  metadata?: pulumi.Input<kubernetes.types.input.meta.v1.ObjectMetaPatch>;
  /** Of a configuration of webhooks. */
  webhooks?: pulumi.Input<kubernetes.types.input.admissionregistration.v1.ValidatingWebhookPatch[]>;
  /** Of a CustomResourceDefinition or APIService. */
  spec?: pulumi.Input<Record<string, unknown>>;
}

interface Shared {
  readonly parent: pulumi.Resource;
  /** The roots, base64 of PEM. */
  readonly caBundle: pulumi.Output<string>;
  readonly transform: Transform<CaBundlePatchArgs> | undefined;
}

const kinds = {
  validating: kubernetes.admissionregistration.v1.ValidatingWebhookConfigurationPatch,
  mutating: kubernetes.admissionregistration.v1.MutatingWebhookConfigurationPatch,
  customResourceDefinition: kubernetes.apiextensions.v1.CustomResourceDefinitionPatch,
  apiService: kubernetes.apiregistration.v1.APIServicePatch,
} as const;

/**
 * Sets the `caBundle` of each target, and no other field: server-side apply finds a webhook in its list by its name.
 * Deleting them leaves the bundles as they are: an API server does not call a server that it cannot trust.
 */
export function caBundles(name: string, targets: CaBundleTargets, shared: Shared): pulumi.CustomResource[] {
  const { validating = [], mutating = [], customResourceDefinitions = [], apiServices = [] } = targets;
  const { caBundle } = shared;
  const ofWebhooks = ({ webhooks }: WebhookConfigurationArgs): Partial<CaBundlePatchArgs> => ({
    webhooks: pulumi
      .output(webhooks)
      .apply((names) => names.map((webhook) => ({ name: webhook, clientConfig: { caBundle } }))),
  });
  const conversion = { conversion: { webhook: { clientConfig: { caBundle } } } };
  const patches = [
    ...validating.map(
      (one, at) =>
        ({ kind: "validating", path: `validating[${at}].name`, on: one.name, set: ofWebhooks(one) }) as const,
    ),
    ...mutating.map(
      (one, at) => ({ kind: "mutating", path: `mutating[${at}].name`, on: one.name, set: ofWebhooks(one) }) as const,
    ),
    ...customResourceDefinitions.map(
      (on, at) =>
        ({
          kind: "customResourceDefinition",
          path: `customResourceDefinitions[${at}]`,
          on,
          set: { spec: conversion },
        }) as const,
    ),
    ...apiServices.map(
      (on, at) => ({ kind: "apiService", path: `apiServices[${at}]`, on, set: { spec: { caBundle } } }) as const,
    ),
  ];
  if (patches.length === 0)
    throw refusal(
      "validating",
      "it is empty, and so are `mutating`, `customResourceDefinitions` and `apiServices`.",
      "Name what calls the server; for a secret alone use TlsSecret.",
    );
  return patches.map(({ kind, path, on, set }) => {
    const metadata = { name: objectName(path, on), annotations: { "pulumi.com/patchForce": "true" } };
    const options = explained("kubernetes caBundle", explanations, {
      parent: shared.parent,
      retainOnDelete: true,
      ...appliedAnew(kind, set),
    });
    const what = typeof on === "string" ? on : path.replace(/\D+/g, "");
    const args: CaBundlePatchArgs = { metadata, ...set };
    return new kinds[kind](...transformed(shared.transform, `${name}-${kind}-${what}`, args, options));
  });
}

/**
 * What cannot be updated is replaced: the new patch is applied in place, and the old one retained. The provider updates
 * a definition as a whole, even by a patch; and it compares lists by position, so that webhooks among those of others
 * would show as changed in every preview.
 */
function appliedAnew(kind: keyof typeof kinds, { webhooks }: Partial<CaBundlePatchArgs>): pulumi.CustomResourceOptions {
  if (kind === "customResourceDefinition") return { replaceOnChanges: ["spec"] };
  if (webhooks === undefined) return {};
  return {
    ignoreChanges: ["webhooks"],
    replacementTrigger: pulumi.output(webhooks).apply((wanted) => JSON.stringify(wanted)),
  };
}

const explanations: readonly Explanation[] = [
  {
    when: /(Validating|Mutating)WebhookConfiguration\.\S+ "([^"]+)" is invalid:[^]*webhooks\[\d+\]\.\w+: Required value/,
    fix: ([, kind = "", name]) =>
      `The cluster has no ${kind}WebhookConfiguration "${name}", or it has no webhook of one of these names. Correct ` +
      `\`${kind.toLowerCase()}\`: \`kubectl get ${kind.toLowerCase()}webhookconfiguration ${name} -o yaml\` shows them. ` +
      "What this program creates itself takes the output `caBundle` instead.",
  },
  {
    when: /CustomResourceDefinition\.\S+ "([^"]+)" is invalid: (?:\[)?(?:metadata\.name|spec\.(?:group|names|scope|versions))/,
    fix: ([, name]) =>
      `The cluster has no CustomResourceDefinition "${name}". Correct \`customResourceDefinitions\`: names are of the form crontabs.example.com.`,
  },
  {
    when: /CustomResourceDefinition\.\S+ "([^"]+)" is invalid:[^]*spec\.conversion/,
    fix: ([, name]) =>
      `The CustomResourceDefinition "${name}" does not convert by a webhook: its \`spec.conversion.strategy\` must be \`Webhook\`. ` +
      "Take it out of `customResourceDefinitions` unless its owner sets that.",
  },
  {
    when: /APIService\.\S+ "([^"]+)" is invalid:[^]*insecureSkipTLSVerify/,
    fix: ([, name]) =>
      `The APIService "${name}" has \`insecureSkipTLSVerify: true\`, which excludes a bundle. Let its owner set it to false.`,
  },
  {
    when: /APIService\.\S+ "([^"]+)" is invalid/,
    fix: ([, name]) =>
      `The cluster has no APIService "${name}". Correct \`apiServices\`: names are of the form v1beta1.metrics.k8s.io.`,
  },
  ...objectExplanations,
];
