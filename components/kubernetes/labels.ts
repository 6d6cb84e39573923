import * as pulumi from "@pulumi/pulumi";

/** Texts by name, such as labels and annotations. */
export type Labels = pulumi.Input<Record<string, pulumi.Input<string>>>;

/** Both together; those of `over` where both have one. */
export function mergedLabels(
  labels: Labels | undefined,
  over: pulumi.Output<Record<string, string>>,
): pulumi.Output<Record<string, string>> {
  const own = pulumi.output(labels ?? {});
  return pulumi.all([own, over]).apply(([first, second]) => ({ ...first, ...second }));
}
