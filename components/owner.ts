import * as pulumi from "@pulumi/pulumi";
import { refusal } from "./refuse";

/** Who a certificate belongs to, such as `{ team: "payments" }`. */
export type OwnerArgs = pulumi.Input<Record<string, pulumi.Input<string>>>;

/** What every label and annotation of this package begins with. */
export const labelPrefix = "pulumi-certificates/";
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** `owner` as Kubernetes labels: `{ team: "payments" }` becomes `pulumi-certificates/owner-team: payments`. */
export function ownerLabels(owner: OwnerArgs | undefined): pulumi.Output<Record<string, string>> {
  return renamed(owner, (key, value) => {
    for (const [what, text] of [
      ["name", `owner-${key}`],
      ["value", value],
    ] as const)
      if (!labelValue.test(text))
        throw refusal(
          `owner.${key}`,
          `"${text}" cannot be the ${what} of a Kubernetes label.`,
          "Use at most 63 letters, digits, dots, dashes and underscores, with a letter or digit at both ends.",
        );
    return `${labelPrefix}owner-${key}`;
  });
}

/** `owner` as tags of a cloud: `{ team: "payments" }` becomes `owner:team = payments`. */
export function ownerTags(owner: OwnerArgs | undefined): pulumi.Output<Record<string, string>> {
  return renamed(owner, (key) => `owner:${key}`);
}

function renamed(
  owner: OwnerArgs | undefined,
  rename: (key: string, value: string) => string,
): pulumi.Output<Record<string, string>> {
  return pulumi
    .output(owner ?? {})
    .apply((known) =>
      Object.fromEntries(
        Object.entries(known as Record<string, string>).map(([key, value]) => [rename(key, value), value]),
      ),
    );
}
