import { sameValue } from "../canonical";
import type { DeploymentInputs } from "./state";

/** Fields whose change asks for another deployment; of the others it counts from the next one. */
const deployedFields = ["target", "waves", "endpoints", "revision", "owner", "drift"] as const;

export type DueField = (typeof deployedFields)[number] | "certificate";

const fallback: Readonly<Record<(typeof deployedFields)[number], unknown>> = {
  target: undefined,
  waves: undefined,
  endpoints: [],
  revision: "current",
  owner: {},
  drift: [],
};

/** In what the inputs differ from those of the last deployment, as far as that asks for another one. */
export function dueFields(news: DeploymentInputs, before: DeploymentInputs): DueField[] {
  const fields: DueField[] = deployedFields.filter(
    (field) => !sameValue(news[field] ?? fallback[field], before[field] ?? fallback[field]),
  );
  if (news.revision === "previous" || sameValue(news.certificate, before.certificate)) return fields;
  return ["certificate", ...fields];
}

export function isDue(news: DeploymentInputs, before: DeploymentInputs): boolean {
  return dueFields(news, before).length > 0;
}
