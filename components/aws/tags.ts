import * as pulumi from "@pulumi/pulumi";
import { type OwnerArgs, ownerTags } from "../owner";

/** Tags of everything that a component makes. */
export type TagsArgs = pulumi.Input<Record<string, pulumi.Input<string>>>;

/** `tags` and `owner` together; undefined where there are none, so that nothing shows as changed. */
export function tagsOf(
  tags: TagsArgs | undefined,
  owner: OwnerArgs | undefined,
): pulumi.Output<Record<string, string>> | undefined {
  if (tags === undefined && owner === undefined) return undefined;
  return pulumi.all([tags ?? {}, ownerTags(owner)]).apply(([own, owners]) => ({ ...owners, ...own }));
}
