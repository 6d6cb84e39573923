import { formatInstant } from "../duration";
import type { Reason } from "../lifecycle/reasons";
import { serviceDueAt } from "../lifecycle/serviceDue";
import type { PendingOrder } from "../issuers/issuer";
import { type AdoptableInputs, readAdopted, withRenewal } from "./adopt";
import { sameValue } from "./canonical";
import {
  type CheckContext,
  type CreateContext,
  type Credentials,
  type DiffContext,
  type ReadContext,
  type UpdateContext,
  Unfinished,
  defineProvider,
} from "./define";
import { describeRequest } from "./describeRequest";
import { assertIssuable } from "./issuable";
import { type CertificateOutputs, certificateOf, withNewChain } from "./issuance";
import { issueLeaf, planOfLeaf } from "./issueLeaf";
import { limitsOfIssuers } from "./issuerLimits";
import { withIssuerSeen } from "./issuerSeen";
import { type RevocationReason, assertRevocable } from "./issuingService";
import { type KeepInputs, isWaiting, keepOnFailure, keptAfter, pendingOf } from "./keep";
import type { Run } from "./clock";
import { type KeystoreInputs, assertKeystores, keystoreMarker, keystoreOutputs } from "./keystoreOutputs";
import { knowCertificate } from "./knownCertificates";
import { defaultAlgorithm, defaultsOf } from "./leafDefaults";
import { pendingReason, settingsOf } from "./pending";
import { type Issuance, type RenewableOuts, assertPlan, changedFields, issuanceOf, planFor } from "./renewable";
import { parseRequest } from "./request";
import { noteChecked, noteKept } from "./runCertificates";
import { migrateState, stateVersion } from "./stateVersion";
import { isUnknown } from "./unknown";

export interface CertificateInputs extends AdoptableInputs, KeepInputs {
  readonly keystores?: KeystoreInputs;
  readonly owner?: Readonly<Record<string, string>>;
  readonly revokeOnDelete?: RevocationReason;
  [name: string]: unknown;
}

export interface CertificateOuts extends CertificateOutputs, RenewableOuts {
  readonly stateVersion: number;
  readonly certificatePem: string;
  readonly notAfter: string;
  readonly dnsNames: string[];
  readonly keystoreFiles?: Record<string, string>;
  readonly passwordMarker?: string;
  readonly revokeOnDelete?: RevocationReason;
  /** Secret: an order that the last run placed and could not finish. */
  readonly pendingOrder?: PendingOrder;
}

function check(context: CheckContext<CertificateInputs>): CertificateInputs {
  const { olds, credentials, run } = context;
  const news = withIssuerSeen(context);
  const plan = planFor(news, defaultsOf(news));
  assertPlan(news, plan, run);
  const limits = limitsOfIssuers(news, plan, credentials);
  const request = parseRequest(news, defaultAlgorithm);
  if (request !== undefined) {
    for (const assertWithin of limits) assertWithin(news, request);
    assertRevocable(news);
    if (!isSameRequest(news, olds)) assertIssuable(request, news, { ...news.issuer?.urls });
  }
  assertKeystores(news.keystores, credentials, hasKey(context));
  if (olds === undefined && news.adopt === undefined)
    knowCertificate({ news, outs: undefined, reason: "DoesNotExist" }, run);
  if (run.dryRun) tellDependents(context, news);
  return withRenewal(news, olds, run, defaultsOf(news), {
    read: (adopt) => ({ adopted: readAdopted(adopt, credentials), request }),
  });
}

/** For what is checked after it in this preview, and finds its outputs unknown. */
function tellDependents({ olds, credentials }: CheckContext<CertificateInputs>, news: CertificateInputs): void {
  const isFirst = olds === undefined;
  noteChecked("certificate", news.name, () => describeRequest({ news, credentials, isFirst }));
  const { adopt } = news;
  if (!isFirst || adopt === undefined) return;
  noteKept("certificate", news.name, () => {
    const adopted = readAdopted(adopt, credentials);
    return adopted && { ...adopted.outputs, dnsNames: adopted.facts.names.dnsNames ?? [] };
  });
}

/** What was checked before need not be checked again. */
function isSameRequest(news: CertificateInputs, olds: CertificateInputs | undefined): boolean {
  return (
    olds !== undefined &&
    changedFields(news, olds, defaultsOf(news)).length === 0 &&
    sameValue(news.issuer?.urls, olds.issuer?.urls)
  );
}

/** Whether there is or may be a private key that keystores can hold. */
function hasKey({
  news: { csrPem, adopt },
  credentials,
  areCredentialsKnown,
}: CheckContext<CertificateInputs>): boolean {
  if (csrPem !== undefined) return false;
  return (
    adopt === undefined ||
    isUnknown(adopt) ||
    adopt.privateKeyPath !== undefined ||
    credentials.adopt !== undefined ||
    !areCredentialsKnown
  );
}

function diff({ news, outs, checked }: DiffContext<CertificateInputs, CertificateOuts>): boolean {
  const isOther =
    outs.settings !== settingsOf(news) ||
    (checked?.credentials.keystores !== undefined && outs.passwordMarker !== markerOf(news, outs, checked.credentials));
  const reason = pendingReason(news, outs, checked?.run, defaultsOf(news));
  const isDue = reason !== undefined && (isOther || !(checked && isWaiting(news, reason, outs, checked.run)));
  knowCertificate({ news, outs, reason: isDue ? reason : undefined }, checked?.run);
  if (checked?.run.dryRun === true && !isDue && outs.certificatePem !== undefined)
    noteKept("certificate", news.name, () => outs);
  return isOther || isDue;
}

function markerOf(
  { keystores }: CertificateInputs,
  { privateKeyPem }: CertificateOuts,
  credentials: Credentials,
): string | undefined {
  return keystoreMarker(keystores, credentials, privateKeyPem);
}

async function create(context: CreateContext<CertificateInputs>): Promise<CertificateOuts> {
  const { news, credentials } = context;
  const adopted = news.adopt && readAdopted(news.adopt, credentials);
  if (adopted === undefined) return createIssued(context);
  return finish(context, { ...adopted.outputs, dnsNames: adopted.facts.names.dnsNames ?? [] });
}

/** With an order left to be finished, what is recorded is the order; where the user lets the first one wait, the failure. */
async function createIssued(context: CreateContext<CertificateInputs>): Promise<CertificateOuts> {
  const { news, credentials, run } = context;
  const reason = "DoesNotExist";
  try {
    return await finish(context, await issueLeaf({ news, credentials, run, reason }));
  } catch (thrown) {
    const { error, pendingOrder } = pendingOf(thrown);
    const plan = planOfLeaf(news, undefined);
    const kept = keptAfter(error, { news, reason, plan, run, notAfter: undefined, attempts: 0 });
    const left = pendingOrder && { pendingOrder };
    if (kept !== undefined) return { ...notIssued(settingsOf(news)), ...kept, ...left };
    if (left === undefined) throw error;
    throw new Unfinished(error, { ...notIssued(""), ...left });
  }
}

/** The outputs while there is no certificate yet: empty, so that a preview knows them. */
function notIssued(settings: string): CertificateOuts {
  return { stateVersion, ...emptyOutputs, dnsNames: [], renewal: { epoch: 0, reason: "DoesNotExist" }, settings };
}

const emptyOutputs = {
  certificatePem: "",
  chainPem: "",
  trustBundlePem: "",
  notAfter: "",
  fingerprintSha256: "",
  spkiSha256: "",
} satisfies CertificateOutputs;

/** To everything that decides, a certificate that was never issued is absent. */
function migrate(recorded: Record<string, unknown>): CertificateOuts {
  const outs = migrateState<CertificateOuts>(recorded);
  if (outs.certificatePem !== "") return outs;
  return Object.fromEntries(
    Object.entries(outs).filter(([name]) => !(name in emptyOutputs)),
  ) as unknown as CertificateOuts;
}

async function update(context: UpdateContext<CertificateInputs, CertificateOuts>): Promise<CertificateOuts> {
  const { news, outs, credentials, run } = context;
  const previous = outs.certificatePem === undefined ? undefined : outs;
  const asItIs = async (): Promise<CertificateOuts> =>
    previous === undefined
      ? notIssued(settingsOf(news))
      : finish(context, { ...certificateOf(outs), dnsNames: outs.dnsNames }, outs);
  const reason = pendingReason(news, outs, run, defaultsOf(news));
  if (reason === undefined) return asItIs();
  return keepOnFailure({ news, outs, run, reason, plan: planOfLeaf(news, outs), asItIs }, async () => {
    const refreshed = reason === "IssuerRenewed" ? withNewChain(outs, credentials) : undefined;
    if (refreshed !== undefined) return finish(context, { ...refreshed, dnsNames: outs.dnsNames });
    const issued = await issueLeaf({ news, credentials, run, reason, previous, pending: outs.pendingOrder });
    return finish(context, issued, undefined, reason);
  });
}

/** Only where a service issued. */
function askService(): typeof import("./askService") {
  return require("./askService") as typeof import("./askService");
}

type NamedCertificate = CertificateOutputs & Pick<CertificateOuts, "dnsNames">;

/** All outputs for a certificate that is in order; with `previous`, keystores that nothing changed in stay as they are. */
async function finish(
  { news, credentials, run }: Omit<CreateContext<CertificateInputs>, "id">,
  certificate: NamedCertificate,
  previous?: CertificateOuts,
  reason?: Reason,
): Promise<CertificateOuts> {
  return {
    stateVersion,
    ...certificate,
    ...(await keystoreOutputs(news.keystores, credentials, certificate, previous)),
    renewal: dated(news, { ...issuanceOf(news, previous), ...(reason && { reason }) }, certificate, run),
    ...(news.revokeOnDelete !== undefined && { revokeOnDelete: news.revokeOnDelete }),
    settings: settingsOf(news),
  };
}

/** Where the issuer chose the lifetime, the schedule follows the certificate. */
function dated(news: CertificateInputs, renewal: Issuance, certificate: NamedCertificate, { cadence }: Run): Issuance {
  if (defaultsOf(news).followsCertificate !== true) return renewal;
  const outs = { ...certificate, renewal, settings: "" };
  return { ...renewal, dueAt: formatInstant(serviceDueAt(news, outs, cadence)) };
}

/** What the CA says of it now: when to renew, and whether it was revoked. */
async function read({ outs }: ReadContext<CertificateOuts>): Promise<{ outs: CertificateOuts }> {
  if (outs.issuedBy === undefined) return { outs };
  const { suggestedRenewal: _, revocation: __, ...rest } = outs;
  const { recordedRevocation, suggestedRenewalOf } = askService();
  const [suggestedRenewal, revocation] = await Promise.all([suggestedRenewalOf(outs), recordedRevocation(outs)]);
  return { outs: { ...rest, ...(suggestedRenewal && { suggestedRenewal }), ...(revocation && { revocation }) } };
}

/** Removes it from the state only, unless it is to be revoked. */
async function remove({ outs }: ReadContext<CertificateOuts>): Promise<void> {
  if (outs.revokeOnDelete === undefined) return;
  const { revokeIssued } = askService();
  await revokeIssued(outs, outs.revokeOnDelete);
}

export const certificate = defineProvider<CertificateInputs, CertificateOuts>({
  check,
  diff,
  create,
  update,
  read,
  delete: remove,
  migrate,
});
