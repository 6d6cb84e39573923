import type { Explanation } from "../../explain";
import { objectExplanations } from "../explanations";

/** Of issuers and certificates of cert-manager, which it makes ready. */
export const certManagerExplanations: readonly Explanation[] = [
  ...objectExplanations,
  {
    when: /timed out waiting|failed to initialize|Waiting for "Ready"/,
    fix: (_, { newInputs, type, name }) => {
      const { metadata } = (newInputs ?? {}) as { metadata?: { name?: string; namespace?: string } };
      const kind = (type.split(":").at(-1) ?? type).toLowerCase();
      const where = metadata?.namespace === undefined ? "" : ` -n ${metadata.namespace}`;
      return (
        `cert-manager has not made it ready in time. \`kubectl${where} describe ${kind} ${metadata?.name ?? name}\` says what it waits for; ` +
        "where nothing stands there, cert-manager does not run. It goes on by itself, and the next `pulumi up` waits again, " +
        "unless `waitForReady: false`."
      );
    },
  },
];
