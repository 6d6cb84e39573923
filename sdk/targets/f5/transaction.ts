import { CertificatesError } from "../../errors";
import { type BigIp, objectPath } from "./bigIp";

/** A change of one object, as part of several that are made at once or not at all. */
export interface Change {
  readonly collection: string;
  /** `/Common/web` */
  readonly object: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Makes all changes at once or none (iControl REST User Guide, "Transactions"). BIG-IP validates the whole first; with
 * `validateOnly` that is all it does. A transaction that is not committed ends by itself after two minutes.
 */
export async function transact(
  bigIp: BigIp,
  doing: string,
  changes: readonly Change[],
  { validateOnly = false }: { readonly validateOnly?: boolean } = {},
): Promise<void> {
  const { json } = await bigIp.ask({ doing, path: "/mgmt/tm/transaction", body: {}, repeatable: true });
  const { transId } = json;
  if (typeof transId !== "number" && typeof transId !== "string")
    throw new CertificatesError("DeploymentFailed", `${bigIp.name} opened a transaction without an id.`);
  for (const { collection, object, body } of changes) {
    await bigIp.ask({
      doing,
      path: objectPath(collection, object),
      method: "PATCH",
      headers: { "x-f5-rest-coordination-id": String(transId) },
      body,
      repeatable: false,
    });
  }
  const answer = await bigIp.ask({
    doing,
    path: `/mgmt/tm/transaction/${transId}`,
    method: "PATCH",
    body: { state: "VALIDATING", ...(validateOnly && { validateOnly }) },
    repeatable: false,
  });
  const { state, failureReason } = answer.json as { state?: string; failureReason?: string };
  if (state === "FAILED" || (!validateOnly && state !== "COMPLETED")) {
    const said = failureReason === undefined || failureReason === "" ? `state ${String(state)}` : failureReason;
    throw new CertificatesError("TargetRefused", `${bigIp.name} refused to ${doing}: ${said}.`);
  }
}
