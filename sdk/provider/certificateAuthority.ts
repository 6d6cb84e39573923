import { CertificatesError, invalidArgument } from "../errors";
import { algorithmOf } from "../keys/algorithms";
import { parsePrivateKey } from "../keys/pem";
import { isBackingOff } from "../lifecycle/backoff";
import { mayKeepOnFailure } from "../lifecycle/reasons";
import { type Adopted, readAdopted, withRenewal } from "./adopt";
import {
  type CertificateAuthorityInputs,
  type CertificateAuthorityOuts,
  assertAuthority,
  authorityOf,
  defaultsOf,
  knownRequest,
  requestOf,
} from "./authorityInputs";
import { sameValue } from "./canonical";
import {
  type CheckContext,
  type CreateContext,
  type Credentials,
  type DiffContext,
  type UpdateContext,
  defineProvider,
} from "./define";
import { assertSigned, createExternal, needsSignature, updateExternal } from "./externalAuthority";
import { withIssuerSeen } from "./issuerSeen";
import { type CertificateOutputs, certificateOf, issue, withNewChain } from "./issuance";
import { keepOnFailure } from "./keep";
import { isCompromised, pendingReason, settingsOf } from "./pending";
import { assertPlan, issuanceOf, planFor } from "./renewable";
import { noteChecked } from "./runCertificates";
import type { CertificateDescription } from "../targets/describedCertificate";
import type { CertificateRequest } from "./request";
import { migrateState, stateVersion } from "./stateVersion";
import { isUnknown } from "./unknown";

type Inputs = CertificateAuthorityInputs;
type Outs = CertificateAuthorityOuts;

function check(context: CheckContext<Inputs>): Inputs {
  const { olds, credentials, areCredentialsKnown, run } = context;
  const news = withIssuerSeen(context);
  const defaults = defaultsOf(news);
  assertPlan(news, planFor(news, defaults), run);
  const request = requestOf(news);
  assertAuthority(news, request);
  assertSigned(news);
  if (run.dryRun) noteChecked("authority", news.name, () => describeKeyOf(news, olds, request));
  return withRenewal(news, olds, run, defaults, {
    read: (adopt) => ({ adopted: assertAdoptable(readAdopted(adopt, credentials), areCredentialsKnown), request }),
    // A new key is asked for on purpose, and shows in everything that the CA has issued.
    isChange: olds !== undefined && !sameValue(news.generation ?? 1, olds.generation ?? 1),
  });
}

/** Of an existing CA only a key that the arguments name is known: the others keep theirs. */
function describeKeyOf(
  { privateKey, adopt }: Inputs,
  olds: Inputs | undefined,
  request: CertificateRequest | undefined,
): CertificateDescription | undefined {
  const isNew = olds === undefined && adopt === undefined;
  const keyAlgorithm = isNew ? request?.algorithm : privateKey?.algorithm;
  return keyAlgorithm === undefined || isUnknown(keyAlgorithm) ? undefined : { keyAlgorithm };
}

function assertAdoptable(adopted: Adopted | undefined, areCredentialsKnown: boolean): Adopted | undefined {
  const fix = "Give certificate and private key of a CA.";
  if (adopted?.facts.isCA === false)
    throw invalidArgument("adopt", `"${adopted.facts.subject}" is no CA certificate.`, fix);
  if (adopted !== undefined && adopted.outputs.privateKeyPem === undefined && areCredentialsKnown)
    throw invalidArgument("adopt", "comes without its private key, so it could not sign.", fix);
  return adopted;
}

function diff({ news, outs, checked }: DiffContext<Inputs, Outs>): boolean {
  if (outs.settings !== settingsOf(news)) return true;
  if (news.signedBy === "external") {
    const needsNewKey = isCompromised(news, outs) && outs.pendingPrivateKeyPem === undefined;
    if (needsNewKey || checked === undefined) return needsNewKey;
    const isWarned = outs.warnings !== undefined;
    return news.renewal.epoch > outs.renewal.epoch || needsSignature(news, outs, checked.run) !== isWarned;
  }
  const reason = pendingReason(news, outs, checked?.run, defaultsOf(news));
  return (
    reason !== undefined && !(checked && mayKeepOnFailure(reason) && isBackingOff(outs.nextAttemptAt, checked.run.now))
  );
}

async function create({ news, credentials, run }: CreateContext<Inputs>): Promise<Outs> {
  const adopted = news.adopt && readAdopted(news.adopt, credentials);
  if (adopted !== undefined) return finish(news, adopted.outputs);
  if (news.signedBy === "external") return createExternal(news, run);
  return finish(news, await issueFor(news, credentials, undefined));
}

async function update({ news, outs, credentials, run }: UpdateContext<Inputs, Outs>): Promise<Outs> {
  const needsNewKey =
    (news.generation ?? 1) !== outs.keyGeneration || isOtherAlgorithm(news, outs) || isCompromised(news, outs);
  if (news.signedBy === "external") return updateExternal(news, outs, needsNewKey, run);
  const defaults = defaultsOf(news);
  const asItIs = (): Promise<Outs> => Promise.resolve(finish(news, certificateOf(outs as CertificateOutputs), outs));
  const reason = pendingReason(news, outs, run, defaults);
  if (reason === undefined) return asItIs();
  return keepOnFailure({ news, outs, run, reason, plan: planFor(news, defaults), asItIs }, async () => {
    const refreshed = reason === "IssuerRenewed" ? withNewChain(outs as CertificateOutputs, credentials) : undefined;
    return finish(news, refreshed ?? (await issueFor(news, credentials, needsNewKey ? undefined : outs.privateKeyPem)));
  });
}

function isOtherAlgorithm(news: Inputs, { privateKeyPem }: Outs): boolean {
  const wanted = news.privateKey?.algorithm;
  return wanted !== undefined && algorithmOf(parsePrivateKey(privateKeyPem, "privateKeyPem")) !== wanted;
}

function issueFor(
  news: Inputs,
  credentials: Credentials,
  privateKeyPem: string | undefined,
): Promise<CertificateOutputs> {
  return issue({
    name: news.name,
    request: knownRequest(news),
    inputs: news,
    duration: planFor(news, defaultsOf(news)).duration,
    issuer: news.issuer?.kind ?? "selfSigned",
    credentials,
    privateKeyPem,
    extensions: { ca: authorityOf(news), ...news.issuer?.urls },
  });
}

function finish(news: Inputs, certificate: CertificateOutputs, previous?: Outs): Outs {
  const { privateKeyPem } = certificate;
  if (privateKeyPem === undefined) throw new CertificatesError("Internal", "A CA was issued without its private key.");
  return {
    stateVersion,
    ...certificate,
    privateKeyPem,
    keyGeneration: previous?.keyGeneration ?? news.generation ?? 1,
    renewal: issuanceOf(news, previous),
    settings: settingsOf(news),
  };
}

export const certificateAuthority = defineProvider<Inputs, Outs>({
  check,
  diff,
  create,
  update,
  migrate: migrateState<Outs>,
});
