import type { PropertyValues } from "../propertyValues";
import { type AwsContext, tagChanges, tagList } from "./awsType";

/** The service of load balancers, target groups and listeners, which have their tags in the same way. */
export const elb = "elasticloadbalancing";

/** Brings the tags of one of them to what is wanted: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html */
export async function retag(id: string, olds: PropertyValues, { ask, tags }: AwsContext): Promise<void> {
  const { set, remove } = tagChanges(olds["tagsAll"], tags);
  if (remove.length > 0) await ask(elb, "RemoveTags", { ResourceArns: [id], TagKeys: remove });
  if (Object.keys(set).length > 0) await ask(elb, "AddTags", { ResourceArns: [id], Tags: tagList(set) });
}
