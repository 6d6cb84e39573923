import { createPublicKey } from "node:crypto";
import type { Account } from "../acme/account";
import type { AcmeClient } from "../acme/client";
import { AcmeError } from "../acme/problem";
import { CertificatesError, messageOf } from "../errors";
import { generatePrivateKey } from "../keys/generate";
import { parsePrivateKey, privateKeyToPem, spkiSha256 } from "../keys/pem";
import {
  type AcmeAccountInputs,
  accountKeyAlgorithm,
  assertAccount,
  assertAgreementStays,
  contactsOf,
  directoryUrlOf,
} from "./acmeAccountInputs";
import { clientFor } from "./acmeClient";
import { digestOf } from "./canonical";
import {
  type CheckContext,
  type CreateContext,
  type Credentials,
  type DiffContext,
  type ReadContext,
  type UpdateContext,
  defineProvider,
} from "./define";
import { answeredWithin, refreshPatience } from "./patience";
import { reportProgress } from "./progress";
import { migrateState, stateVersion } from "./stateVersion";

export interface AcmeAccountOuts {
  readonly stateVersion: number;
  readonly directoryUrl: string;
  readonly caBundlePem?: string;
  readonly accountUrl: string;
  /** `valid`, `deactivated`, `revoked`; `unknown` if the CA has no such account any more. */
  readonly status: string;
  readonly privateKeyPem: string;
  readonly keyGeneration: number;
  /** Names of the profiles that the CA offers; absent where it has none. */
  readonly profiles?: string[];
  /** Whether the CA says when to renew (RFC 9773). */
  readonly suggestsRenewals: boolean;
  readonly deactivateOnDelete?: boolean;
  /** The account was made without agreement to the terms of service, at a CA that does not ask for it. */
  readonly termsOfServiceAgreed?: false;
  readonly settings: string;
}

type Inputs = AcmeAccountInputs;
type Outs = AcmeAccountOuts;

function check({ news, olds, credentials, areCredentialsKnown }: CheckContext<Inputs>): Inputs {
  assertAccount(news, credentials, areCredentialsKnown);
  assertAgreementStays(news, olds);
  return news;
}

function diff({ news, outs, checked }: DiffContext<Inputs, Outs>): boolean {
  if (outs.status !== "valid" || outs.settings !== settingsOf(news)) return true;
  const given = checked && givenKey(checked.credentials);
  return given !== undefined && spkiOf(given) !== spkiOf(outs.privateKeyPem);
}

async function create({ news, credentials }: CreateContext<Inputs>): Promise<Outs> {
  const privateKeyPem = givenKey(credentials) ?? (await newKey(news));
  const client = clientFor({ ...news, accountKeyPem: privateKeyPem });
  const account = await register(client, news, credentials);
  const contacts = contactsOf(news);
  // An account that the key has already is returned as it is (RFC 8555, 7.3.1).
  const isAsWanted = contacts.length === 0 || contacts.join() === account.contacts.join();
  return outputs(news, client, isAsWanted ? account : await client.changeAccount({ contacts }), privateKeyPem);
}

async function update({ news, outs, credentials }: UpdateContext<Inputs, Outs>): Promise<Outs> {
  const context = { news, credentials };
  if (outs.status !== "valid" || outs.directoryUrl !== directoryUrlOf(news))
    return create(context as CreateContext<Inputs>);
  const client = clientFor({ ...news, accountKeyPem: outs.privateKeyPem, accountUrl: outs.accountUrl });
  const given = givenKey(credentials);
  const isOther =
    given === undefined ? (news.generation ?? 1) !== outs.keyGeneration : spkiOf(given) !== spkiOf(outs.privateKeyPem);
  const agrees = outs.termsOfServiceAgreed === false && news.termsOfServiceAgreed !== false;
  const contacts = contactsOf(news);
  const account = await client.changeAccount({ contacts, ...(agrees && { termsOfServiceAgreed: true }) });
  if (!isOther) return outputs(news, client, account, outs.privateKeyPem);
  const privateKeyPem = given ?? (await newKey(news));
  await client.rolloverKey(privateKeyPem);
  return outputs(news, client, account, privateKeyPem);
}

/** Notices an account that was deactivated or removed at the CA; what cannot be asked now stays as it was. */
async function read({ id, outs }: ReadContext<Outs>): Promise<{ outs: Outs }> {
  // A refresh of the whole stack does not wait for one CA that is down.
  const own = { name: id, directory: outs.directoryUrl, ...ownAccount(outs), retryBudgetMs: refreshPatience };
  const ask = (signal: AbortSignal) => clientFor({ ...own, signal }).readAccount();
  try {
    const { status } = await answeredWithin(refreshPatience, outs.directoryUrl, ask);
    return { outs: { ...outs, status } };
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    const type = error.details.problem?.type;
    if (type === "accountDoesNotExist" || type === "unauthorized") return { outs: { ...outs, status: "unknown" } };
    reportProgress(id, `its account could not be looked at. ${messageOf(error)}`);
    return { outs };
  }
}

async function remove({ id, outs }: ReadContext<Outs>): Promise<void> {
  if (outs.deactivateOnDelete !== true || outs.status !== "valid") return;
  await clientFor({ name: id, directory: outs.directoryUrl, ...ownAccount(outs) }).deactivateAccount();
}

function ownAccount({ caBundlePem, privateKeyPem, accountUrl }: Outs): {
  caBundlePem?: string;
  accountKeyPem: string;
  accountUrl: string;
} {
  return { ...(caBundlePem !== undefined && { caBundlePem }), accountKeyPem: privateKeyPem, accountUrl };
}

async function register(client: AcmeClient, news: Inputs, credentials: Credentials): Promise<Account> {
  const keyId = news.externalAccountBinding?.keyId;
  const hmacKey = (credentials.externalAccountBinding as { hmacKey?: string } | undefined)?.hmacKey;
  if (keyId !== undefined && hmacKey === undefined) {
    throw new CertificatesError("CredentialsMissing", "externalAccountBinding.hmacKey did not reach the account.", {
      hint: 'Remove ignoreChanges on "credentials" or "*".',
    });
  }
  return client.createAccount({
    contacts: contactsOf(news),
    termsOfServiceAgreed: news.termsOfServiceAgreed !== false,
    ...(keyId !== undefined && hmacKey !== undefined && { externalAccountBinding: { keyId, hmacKey } }),
  });
}

async function outputs(news: Inputs, client: AcmeClient, account: Account, privateKeyPem: string): Promise<Outs> {
  const { meta, renewalInfo } = await client.directory();
  return {
    stateVersion,
    directoryUrl: directoryUrlOf(news),
    ...(news.caBundlePem !== undefined && { caBundlePem: news.caBundlePem }),
    accountUrl: account.url,
    status: account.status,
    privateKeyPem,
    keyGeneration: news.generation ?? 1,
    ...(meta.profiles && { profiles: Object.keys(meta.profiles) }),
    suggestsRenewals: renewalInfo !== undefined,
    ...(news.deactivateOnDelete === true && { deactivateOnDelete: true }),
    ...(news.termsOfServiceAgreed === false && { termsOfServiceAgreed: false }),
    settings: settingsOf(news),
  };
}

/** Digest of what the account at the CA depends on. */
function settingsOf(news: Inputs): string {
  const { name: _n, __provider: _p, externalAccountBinding: _e, rateLimits: _l, rateBudget: _b, ...settings } = news;
  return digestOf({ ...settings, directory: directoryUrlOf(news) });
}

function givenKey(credentials: Credentials): string | undefined {
  return (credentials.account as { privateKeyPem?: string } | undefined)?.privateKeyPem;
}

async function newKey(news: Inputs): Promise<string> {
  return privateKeyToPem(await generatePrivateKey(accountKeyAlgorithm(news)));
}

function spkiOf(privateKeyPem: string): string {
  return spkiSha256(createPublicKey(parsePrivateKey(privateKeyPem, "privateKeyPem")));
}

export const acmeAccount = defineProvider<Inputs, Outs>({
  check,
  diff,
  create,
  update,
  read,
  delete: remove,
  migrate: migrateState<Outs>,
});
