import { CertificatesError, invalidArgument } from "../errors";
import { issuerKey } from "../lifecycle/decide";
import { mayKeepOnFailure } from "../lifecycle/reasons";
import { type AdoptInputs, adoptedDifferences, adoptedRenewal, readAdopted } from "./adopt";
import type { Run } from "./clock";
import {
  type CheckContext,
  type CreateContext,
  type Credentials,
  type DiffContext,
  type UpdateContext,
  defineProvider,
} from "./define";
import { type CertificateOutputs, certificateOf, issue, withNewChain } from "./issuance";
import { keepOnFailure } from "./keep";
import { type KeystoreInputs, assertKeystores, keystoreOutputs, passwordMarker } from "./keystoreOutputs";
import {
  type RenewableInputs,
  type RenewableOuts,
  assertPlan,
  changedFields,
  issuerConstraints,
  isWaiting,
  nextRenewal,
  pendingReason,
  planFor,
  settingsOf,
} from "./renewable";
import { assertWithinConstraints, parseRequest } from "./request";
import { migrateState, stateVersion } from "./stateVersion";
import { hasUnknown } from "./unknown";

export interface CertificateInputs extends RenewableInputs {
  readonly keystores?: KeystoreInputs;
  readonly owner?: Readonly<Record<string, string>>;
  readonly adopt?: AdoptInputs;
  /** In what an adopted certificate differs from the arguments, until its next renewal. */
  readonly adoption?: { differences: string[] };
  [name: string]: unknown;
}

export interface CertificateOuts extends CertificateOutputs, RenewableOuts {
  readonly stateVersion: number;
  readonly certificatePem: string;
  readonly notAfter: string;
  readonly dnsNames: string[];
  readonly keystoreFiles?: Record<string, string>;
  readonly passwordMarker?: string;
}

const defaults = { duration: "90d" } as const;
const defaultAlgorithm = "ECDSA-P256";

function check({ news, olds, credentials, run }: CheckContext<CertificateInputs>): CertificateInputs {
  const plan = planFor(news, defaults);
  assertPlan(news, plan, run);
  const request = parseRequest(news, defaultAlgorithm);
  if (request !== undefined) {
    for (const constraints of issuerConstraints(news.issuer, credentials))
      assertWithinConstraints(request.names, constraints);
  }
  const { adopt } = news;
  assertKeystores(
    news.keystores,
    credentials,
    news.csrPem === undefined && (adopt === undefined || hasKey(adopt, credentials)),
  );
  const { adoption: _, ...inputs } = news;
  if (adopt === undefined) return { ...inputs, renewal: nextRenewal(news, olds, run, defaults) };
  if (olds === undefined) {
    const adopted = readAdopted(adopt, credentials);
    const renewal = adoptedRenewal(
      adopted,
      plan,
      issuerKey(hasUnknown(news.issuer?.seen) ? undefined : news.issuer?.seen),
    );
    return {
      ...inputs,
      renewal,
      adoption: { differences: adopted && request ? adoptedDifferences(adopted, request) : [] },
    };
  }
  if (olds.adopt === undefined) {
    throw invalidArgument(
      "adopt",
      "this certificate exists already, and adoption is how one begins.",
      "Remove adopt, or give the resource a new name.",
    );
  }
  return stillAdopted(inputs, olds, run, credentials);
}

/** As long as the adopted certificate itself is in use, other arguments are listed but do not issue it again. */
function stillAdopted(
  inputs: CertificateInputs,
  olds: CertificateInputs,
  run: Run,
  credentials: Credentials,
): CertificateInputs {
  const renewal = nextRenewal(inputs, olds, run, defaults, olds.renewal.epoch === 1);
  if (renewal.epoch > 1) return { ...inputs, renewal };
  const differences =
    changedFields(inputs, olds, defaults).length === 0
      ? olds.adoption?.differences
      : differencesNow(inputs, credentials);
  return { ...inputs, renewal, adoption: { differences: differences ?? [] } };
}

function differencesNow(inputs: CertificateInputs, credentials: Credentials): string[] {
  const request = parseRequest(inputs, defaultAlgorithm);
  const adopted = readAdopted(inputs.adopt ?? {}, credentials);
  return adopted && request ? adoptedDifferences(adopted, request) : [];
}

function hasKey(adopt: AdoptInputs, credentials: Credentials): boolean {
  return adopt.privateKeyPath !== undefined || credentials.adopt !== undefined;
}

function diff({ news, outs, checked }: DiffContext<CertificateInputs, CertificateOuts>): boolean {
  if (outs.certificatePem === undefined || outs.settings !== settingsOf(news)) return true;
  if (
    checked &&
    checked.credentials.keystores &&
    passwordMarker(outs.privateKeyPem, checked.credentials) !== outs.passwordMarker
  )
    return true;
  const reason = pendingReason(news, outs, checked?.run, defaults);
  return reason !== undefined && !(checked && mayKeepOnFailure(reason) && isWaiting(news, outs, checked.run));
}

async function create({ news, credentials }: CreateContext<CertificateInputs>): Promise<CertificateOuts> {
  const adopted = news.adopt && readAdopted(news.adopt, credentials);
  return finish(news, credentials, adopted?.outputs ?? (await issueFor(news, credentials, undefined)));
}

async function update({
  news,
  outs,
  credentials,
  run,
}: UpdateContext<CertificateInputs, CertificateOuts>): Promise<CertificateOuts> {
  const reason = pendingReason(news, outs, run, defaults);
  if (reason === undefined) return finish(news, credentials, certificateOf(outs), outs);
  const keepKey = news.privateKey?.rotationPolicy === "never" && reason !== "KeyCompromised";
  return keepOnFailure({ news, outs, run, reason, plan: planFor(news, defaults) }, async () => {
    const refreshed = reason === "IssuerRenewed" ? withNewChain(outs, credentials) : undefined;
    return finish(
      news,
      credentials,
      refreshed ?? (await issueFor(news, credentials, keepKey ? outs.privateKeyPem : undefined)),
    );
  });
}

function issueFor(
  news: CertificateInputs,
  credentials: Credentials,
  privateKeyPem: string | undefined,
): Promise<CertificateOutputs> {
  const request = parseRequest(news, defaultAlgorithm);
  if (request === undefined) throw new CertificatesError("Internal", "The request is still unknown in an update.");
  const { duration } = planFor(news, defaults);
  return issue({
    request,
    inputs: news,
    duration,
    issuer: news.issuer?.kind ?? "selfSigned",
    credentials,
    privateKeyPem,
    extensions: { ...news.issuer?.urls },
  });
}

/** All outputs for a certificate that is in order; keystores are written anew only where something in them changed. */
async function finish(
  news: CertificateInputs,
  credentials: Credentials,
  certificate: CertificateOutputs,
  previous?: CertificateOuts,
): Promise<CertificateOuts> {
  return {
    stateVersion,
    ...certificate,
    ...(await keystoreOutputs(news.keystores, credentials, certificate)),
    dnsNames: parseRequest(news, defaultAlgorithm)?.names.dnsNames ?? [],
    renewal: previous !== undefined && previous.renewal.epoch > news.renewal.epoch ? previous.renewal : news.renewal,
    settings: settingsOf(news),
  };
}

export const certificate = defineProvider<CertificateInputs, CertificateOuts>({
  check,
  diff,
  create,
  update,
  migrate: migrateState<CertificateOuts>,
});
