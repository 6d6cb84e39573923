import { recordedRevocation, suggestedRenewalOf } from "../askService";
import { type SetContents, isIssued, memberOuts } from "./contents";

/** How many members are asked for at once. */
const concurrency = 20;

/** Asks the services that issued members when to renew them, and whether they were revoked. */
export async function askForMembers(contents: SetContents): Promise<void> {
  const waiting = Object.keys(contents.issued).values();
  const work = async (): Promise<void> => {
    for (const name of waiting) {
      const outs = memberOuts(contents, name);
      if (!isIssued(outs) || outs.issuedBy === undefined) continue;
      const [suggestedRenewal, revocation] = await Promise.all([suggestedRenewalOf(outs), recordedRevocation(outs)]);
      contents.answers[name] = { ...(suggestedRenewal && { suggestedRenewal }), ...(revocation && { revocation }) };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
