import { describeChanges } from "../lifecycle/setChanges";
import { previewTime } from "./orderForecast";

type Properties = Readonly<Record<string, unknown>>;

/**
 * Lines about the members of a set that are due by their certificate: those of an ACME CA, which decides on the lifetime.
 * What the inputs themselves say is not repeated.
 */
export function dueMembers(set: string, newInputs: Properties, oldOutputs: Properties): string[] {
  const { directory } = (newInputs.issuer ?? {}) as { directory?: unknown };
  if (directory === undefined) return [];
  const { membersIn } = require("./foundOrders") as typeof import("./foundOrders");
  const changes = membersIn(set, newInputs, oldOutputs, previewTime()).flatMap(({ resource, reason, dueAt }) => {
    if (reason !== "Renewing" && reason !== "KeyCompromised") return [];
    const schedule = { epoch: 0, reason };
    return [{ name: resource.slice(set.length + 1), schedule, previous: { ...schedule, ...(dueAt && { dueAt }) } }];
  });
  return describeChanges(changes);
}
