import { AcmeError } from "../acme/problem";
import { CertificatesError, messageOf } from "../errors";
import { isBackingOff } from "../lifecycle/backoff";
import { formatInstant } from "../duration";
import type { PendingOrder, Previous } from "../issuers/issuer";
import { mayKeepOnFailure } from "../lifecycle/reasons";
import type { Plan } from "../lifecycle/schedule";
import { constrainedNames } from "../x509/nameConstraints";
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
import { assertIssuable } from "./issuable";
import { type CertificateOutputs, certificateOf, issue, withNewChain } from "./issuance";
import { issuerConstraints } from "./issuerConstraints";
import { withIssuerSeen } from "./issuerSeen";
import { type RevocationReason, assertRevocable, serviceDueAt } from "./issuingService";
import { keepOnFailure, pendingOf } from "./keep";
import type { Run } from "./clock";
import { type KeystoreInputs, assertKeystores, keystoreMarker, keystoreOutputs } from "./keystoreOutputs";
import { defaultAlgorithm, defaultsOf } from "./leafDefaults";
import { pendingReason, settingsOf } from "./pending";
import {
  type Issuance,
  type RenewableOuts,
  assertPlan,
  changedFields,
  issuanceOf,
  planFor,
  planForIssued,
} from "./renewable";
import { assertWithinConstraints, parseRequest } from "./request";
import { migrateState, stateVersion } from "./stateVersion";
import { isUnknown } from "./unknown";

export interface CertificateInputs extends AdoptableInputs {
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
  assertPlan(news, planFor(news, defaultsOf(news)), run);
  const request = parseRequest(news, defaultAlgorithm);
  if (request !== undefined) {
    const { subject, names } = request;
    for (const constraints of issuerConstraints(news.issuer, credentials))
      assertWithinConstraints(constrainedNames(subject.commonName, names), constraints);
    assertRevocable(news);
    if (news.issuer?.directory !== undefined) {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by those who need it only
      const { assertOrderable } = require("./acmeOrderable") as typeof import("./acmeOrderable");
      assertOrderable(news, names, credentials);
    }
    if (!isSameRequest(news, olds)) assertIssuable(request, news, { ...news.issuer?.urls });
  }
  assertKeystores(news.keystores, credentials, hasKey(context));
  return withRenewal(news, olds, run, defaultsOf(news), {
    read: (adopt) => ({ adopted: readAdopted(adopt, credentials), request }),
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
  if (outs.certificatePem === undefined || outs.settings !== settingsOf(news)) return true;
  if (checked?.credentials.keystores && outs.passwordMarker !== markerOf(news, outs, checked.credentials)) return true;
  const reason = pendingReason(news, outs, checked?.run, defaultsOf(news));
  return (
    reason !== undefined && !(checked && mayKeepOnFailure(reason) && isBackingOff(outs.nextAttemptAt, checked.run.now))
  );
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

/** With an order left to be finished, what is recorded is the order. */
async function createIssued(context: CreateContext<CertificateInputs>): Promise<CertificateOuts> {
  const { news, credentials } = context;
  try {
    return await finish(context, await issueFor(news, credentials));
  } catch (thrown) {
    const { error, pendingOrder } = pendingOf(thrown);
    if (pendingOrder === undefined) throw error;
    throw new Unfinished(error, {
      stateVersion,
      renewal: { epoch: 0, reason: "DoesNotExist" },
      settings: "",
      pendingOrder,
    });
  }
}

async function update(context: UpdateContext<CertificateInputs, CertificateOuts>): Promise<CertificateOuts> {
  const { news, outs, credentials, run } = context;
  const asItIs = (): Promise<CertificateOuts> =>
    finish(context, { ...certificateOf(outs), dnsNames: outs.dnsNames }, outs);
  const reason = pendingReason(news, outs, run, defaultsOf(news));
  if (reason === undefined) return asItIs();
  const keepKey = news.privateKey?.rotationPolicy === "never" && reason !== "KeyCompromised";
  return keepOnFailure({ news, outs, run, reason, plan: planOfCertificate(news, outs), asItIs }, async () => {
    const refreshed = reason === "IssuerRenewed" ? withNewChain(outs, credentials) : undefined;
    if (refreshed !== undefined) return finish(context, { ...refreshed, dnsNames: outs.dnsNames });
    const privateKeyPem = keepKey ? outs.privateKeyPem : undefined;
    const issued = await issueFor(news, credentials, {
      privateKeyPem,
      ...(outs.certificatePem !== undefined && { previous: outs }),
      pending: outs.pendingOrder,
    });
    return finish(context, reason === "KeyCompromised" ? await withOldRevoked(issued, outs) : issued);
  });
}

/** The new certificate is there whether or not the old one can be revoked. */
async function withOldRevoked(issued: NamedCertificate, old: CertificateOuts): Promise<NamedCertificate> {
  try {
    const { revokeIssued } = askService();
    await revokeIssued(old, "keyCompromise");
    return issued;
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    const warning = `The certificate with the compromised key could not be revoked: ${messageOf(error)}`;
    return { ...issued, warnings: [...(issued.warnings ?? []), warning] };
  }
}

/** Only where a service issued. */
function askService(): typeof import("./askService") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by those who need it only
  return require("./askService") as typeof import("./askService");
}

interface Kept {
  readonly privateKeyPem?: string | undefined;
  readonly previous?: Previous;
  readonly pending?: PendingOrder | undefined;
}

type NamedCertificate = CertificateOutputs & Pick<CertificateOuts, "dnsNames">;

async function issueFor(
  news: CertificateInputs,
  credentials: Credentials,
  { privateKeyPem, previous, pending }: Kept = {},
): Promise<NamedCertificate> {
  const request = parseRequest(news, defaultAlgorithm);
  if (request === undefined) throw new CertificatesError("Internal", "The request is still unknown in an update.");
  const issued = await issue({
    name: news.name,
    previous,
    pending,
    request,
    inputs: news,
    duration: planFor(news, defaultsOf(news)).duration,
    issuer: news.issuer?.kind ?? "selfSigned",
    credentials,
    privateKeyPem,
    extensions: { ...news.issuer?.urls },
  });
  return { ...issued, dnsNames: request.names.dnsNames ?? [] };
}

/** All outputs for a certificate that is in order; with `previous`, keystores that nothing changed in stay as they are. */
async function finish(
  { news, credentials, run }: Omit<CreateContext<CertificateInputs>, "id">,
  certificate: NamedCertificate,
  previous?: CertificateOuts,
): Promise<CertificateOuts> {
  return {
    stateVersion,
    ...certificate,
    ...(await keystoreOutputs(news.keystores, credentials, certificate, previous)),
    renewal: dated(news, issuanceOf(news, previous), certificate, run),
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

function planOfCertificate(news: CertificateInputs, outs: CertificateOuts): Plan {
  const defaults = defaultsOf(news);
  return defaults.followsCertificate === true && outs.certificatePem !== undefined
    ? planForIssued(news, outs)
    : planFor(news, defaults);
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
  migrate: migrateState<CertificateOuts>,
});
