import type * as pulumi from "@pulumi/pulumi";
import { checked, refusal } from "../refuse";

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** The name of an object, which must be a subdomain of RFC 1123: `web-tls`, `api.v2`. */
export function objectName(property: string, name: pulumi.Input<string>): pulumi.Output<string> {
  return checked(name, (known) => {
    if (known.length > 253 || !subdomain.test(known))
      throw refusal(
        property,
        `"${known}" cannot be the name of a Kubernetes object.`,
        "Use at most 253 lower-case letters, digits, dots and dashes, with a letter or digit at both ends and around each dot.",
      );
  });
}

/** A namespace, which must be a label of RFC 1123. */
export function namespaceName(property: string, name: pulumi.Input<string>): pulumi.Output<string> {
  return checked(name, (known) => {
    if (!label.test(known))
      throw refusal(
        property,
        `"${known}" cannot be a namespace.`,
        "Use at most 63 lower-case letters, digits and dashes, with a letter or digit at both ends.",
      );
  });
}

/** Name and namespace of an object; without a namespace that of the provider. */
export function placed(
  name: pulumi.Input<string>,
  namespace: pulumi.Input<string> | undefined,
  properties: { name: string; namespace?: string },
): { name: pulumi.Output<string>; namespace?: pulumi.Output<string> } {
  const checkedName = objectName(properties.name, name);
  if (namespace === undefined) return { name: checkedName };
  return { name: checkedName, namespace: namespaceName(properties.namespace ?? "namespace", namespace) };
}
