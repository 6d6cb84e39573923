import { AcmeError } from "../acme/problem";
import { formatDuration } from "../duration";
import { CertificatesError, messageOf } from "../errors";
import type { PendingOrder, Previous } from "../issuers/issuer";
import type { Reason } from "../lifecycle/reasons";
import type { Plan } from "../lifecycle/schedule";
import { planForIssued } from "../lifecycle/serviceDue";
import { candidatesOf } from "./candidates";
import type { Run } from "./clock";
import type { Credentials } from "./define";
import { type CertificateOutputs, issue } from "./issuance";
import { issueByOneOf } from "./issueByOneOf";
import type { KeepInputs } from "./keep";
import { defaultAlgorithm, defaultsOf } from "./leafDefaults";
import { type RenewableOuts, planFor } from "./renewable";
import { parseRequest } from "./request";
import { claimOf } from "./orderClaim";

export interface IssuedCertificate extends Previous {
  readonly notAfter: string;
  readonly privateKeyPem?: string | undefined;
  readonly revocation?: { readonly reason?: string };
}

export interface LeafIssuance {
  readonly news: KeepInputs;
  readonly credentials: Credentials;
  readonly run: Run;
  readonly reason: Reason;
  /** The certificate that this one is to follow. */
  readonly previous?: IssuedCertificate | undefined;
  /** An order that an earlier run placed and could not finish. */
  readonly pending?: PendingOrder | undefined;
}

/** Issues a certificate, or one for a member of a set, by the first issuer or a fallback. */
export async function issueLeaf({
  news,
  credentials,
  run,
  reason,
  previous,
  pending,
}: LeafIssuance): Promise<CertificateOutputs & { dnsNames: string[] }> {
  const request = parseRequest(news, defaultAlgorithm);
  if (request === undefined) throw new CertificatesError("Internal", "The request is still unknown in an update.");
  // No CA certifies a key again that was revoked as compromised.
  const isCompromised = reason === "KeyCompromised" || previous?.revocation?.reason === "keyCompromise";
  const keepKey = news.privateKey?.rotationPolicy === "never" && !isCompromised;
  const { fallbackBelow, allowTrustChange } = news;
  const situation = {
    candidates: candidatesOf(news, credentials),
    ...(allowTrustChange !== undefined && { allowTrustChange }),
    ...(fallbackBelow !== undefined && { fallbackBelow }),
    ...(previous && { notAfter: Date.parse(previous.notAfter) }),
    isUrgent: reason === "KeyCompromised" || reason === "Revoked",
    plan: planOfLeaf(news, previous),
    now: run.now,
    cadence: run.cadence,
  };
  const issued = await issueByOneOf(situation, ({ view, credentials: its }) =>
    issue({
      name: view.name,
      previous,
      pending,
      beforeOrder: claimOf({ news: view, outs: previous, reason }, its, run),
      request,
      inputs: view,
      duration: planFor(view, defaultsOf(view)).duration,
      issuer: view.issuer?.kind ?? "selfSigned",
      credentials: its,
      privateKeyPem: keepKey ? previous?.privateKeyPem : undefined,
      extensions: { ...view.issuer?.urls },
    }),
  );
  const timely = withMissableWindow(issued, news, run);
  const all = reason === "KeyCompromised" && previous ? await withOldRevoked(timely, previous) : timely;
  return { ...all, dnsNames: request.names.dnsNames ?? [] };
}

/** Where the CA chose the lifetime, only now it is known whether the stack runs often enough for it. */
function withMissableWindow(issued: CertificateOutputs, news: KeepInputs, { cadence }: Run): CertificateOutputs {
  const { renewBefore } = planOfLeaf(news, issued);
  if (defaultsOf(news).followsCertificate !== true || renewBefore >= cadence) return issued;
  const warning =
    `It is renewed ${formatDuration(renewBefore)} before its end, which a run of the stack could miss: its cadence is ` +
    `${formatDuration(cadence)}. Run it more often, and say so with \`pulumi config set certificates:cadence\`.`;
  return { ...issued, warnings: [...(issued.warnings ?? []), warning] };
}

/** The new certificate is there whether or not the old one can be revoked. */
async function withOldRevoked(issued: CertificateOutputs, old: IssuedCertificate): Promise<CertificateOutputs> {
  if (old.issuedBy === undefined) return issued;
  const { revokeIssued } = require("./askService") as typeof import("./askService");
  try {
    await revokeIssued(old, "keyCompromise");
    return issued;
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    const warning = `The certificate with the compromised key could not be revoked: ${messageOf(error)}`;
    return { ...issued, warnings: [...(issued.warnings ?? []), warning] };
  }
}

/** The plan of the certificate that is there, or of the one to be. */
export function planOfLeaf(
  news: KeepInputs,
  present: Pick<RenewableOuts, "certificatePem" | "notAfter"> | undefined,
): Plan {
  const defaults = defaultsOf(news);
  return defaults.followsCertificate === true && present?.certificatePem !== undefined
    ? planForIssued(news, present)
    : planFor(news, defaults);
}
