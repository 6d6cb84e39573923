import * as pulumi from "@pulumi/pulumi";

/** Texts by name, such as labels and annotations. */
export type Labels = pulumi.Input<Record<string, pulumi.Input<string>>>;

/**
 * Both together; those of `over` where both have one. Undefined without any: an empty map, which an API server does not
 * keep, would show as a change in every preview.
 */
export function mergedLabels(
  labels: Labels | undefined,
  over: pulumi.Input<Record<string, string>>,
): pulumi.Output<Record<string, string>> {
  return pulumi.all([pulumi.output(labels ?? {}), over]).apply(([own, others]) => {
    const both = { ...own, ...others };
    return (Object.keys(both).length === 0 ? undefined : both) as Record<string, string>;
  });
}
