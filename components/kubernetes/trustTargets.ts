import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../refuse";
import { namespaceName } from "./names";

/**
 * A namespace by its name, or as a resource of this program, which is waited for. Its name, that of the resource in the
 * program, is part of the names of what is created: keep to one of both forms.
 */
export type TrustNamespace = string | kubernetes.core.v1.Namespace;

/** Namespaces of one cluster. */
export interface TrustTargetArgs {
  /** Its namespaces. Adding one **creates** the object there, removing one **deletes** it there. */
  namespaces: TrustNamespace[];
  /** The cluster. Changing it **replaces** what is in the cluster before. @default that of the component */
  provider?: kubernetes.Provider;
  /**
   * What the cluster is called in the names of what is created. Keep it: changing it **creates** again what is there
   * already, which the cluster refuses. @default the name of `provider`
   */
  cluster?: string;
}

/** One namespace of one cluster. */
export interface TrustPlace {
  /** What tells it from the others in the names of children: `shop`, `west-shop`. */
  readonly label: string;
  readonly namespace: pulumi.Output<string>;
  readonly provider: kubernetes.Provider | undefined;
}

/** Every namespace of every cluster. One that is named twice is an error. */
export function trustPlaces(
  namespaces: readonly TrustNamespace[] | undefined,
  targets: readonly TrustTargetArgs[] | undefined,
): TrustPlace[] {
  const places = [
    ...placesOf("namespaces", { namespaces: [...(namespaces ?? [])] }),
    ...(targets ?? []).flatMap((target, at) => placesOf(`targets[${at}].namespaces`, target)),
  ];
  if (places.length === 0)
    throw refusal(
      "namespaces",
      "it is empty, and so is `targets`.",
      "Name the namespaces that get the bundle, or remove the resource.",
    );
  const seen = new Set<string>();
  for (const { property, label } of places) {
    if (seen.has(label))
      throw refusal(
        property,
        `"${label}" stands there twice.`,
        "Name each namespace of a cluster once; clusters need a `provider` of their own, or different names as `cluster`.",
      );
    seen.add(label);
  }
  return places;
}

function placesOf(
  property: string,
  { namespaces, provider, cluster = nameOf(provider) }: TrustTargetArgs,
): (TrustPlace & { property: string })[] {
  return namespaces.map((namespace, at) => {
    const own = `${property}[${at}]`;
    const name = typeof namespace === "string" ? namespace : nameOf(namespace);
    if (name === undefined)
      throw refusal(own, "it is neither a name nor a Namespace resource.", 'Give "shop", or the resource itself.');
    return {
      property: own,
      label: cluster === undefined ? name : `${cluster}-${name}`,
      namespace: namespaceName(own, typeof namespace === "string" ? namespace : namespace.metadata.name),
      provider,
    };
  });
}

/** The name that the resource was given in the program. */
function nameOf(resource: pulumi.Resource | undefined): string | undefined {
  if (!pulumi.Resource.isInstance(resource)) return undefined;
  return (resource as { __name?: string }).__name;
}
