import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CertificatesError, messageOf } from "../../errors";
import { keepUntil, keptFailure } from "../../lifecycle/backoff";
import { type Reason, mayKeepOnFailure } from "../../lifecycle/reasons";
import type { Run } from "../clock";
import type { Credentials } from "../define";
import { assertEngineAlive } from "../engine";
import { type CertificateOutputs, issue, withNewChain } from "../issuance";
import { retryAtOf } from "../keep";
import { type RenewableInputs, planFor } from "../renewable";
import { parseRequest } from "../request";
import type { SetContents } from "./contents";
import { defaultAlgorithm, defaultsOf } from "../leafDefaults";
import { type FailedMember, type IssuedMember, formatFailed, formatIssued } from "../../lifecycle/setSchedule";

/** One member that is to be issued. */
export interface DueMember {
  readonly name: string;
  readonly view: RenewableInputs;
  readonly reason: Reason;
  readonly before?: {
    certificatePem: string;
    privateKeyPem: string | undefined;
    issued: IssuedMember;
    failed?: FailedMember;
  };
}

/** How many are under way at once: RSA keys are made on other threads meanwhile. */
const concurrency = 8;

/**
 * Issues members one by one into `contents`. One that fails neither loses nor blocks the others: a renewal by time is
 * kept as a failure of that member; anything else is returned, to fail the run after all others are done.
 */
export async function issueMembers(
  due: readonly DueMember[],
  contents: SetContents,
  credentials: Credentials,
  run: Run,
): Promise<string[]> {
  const errors: string[] = [];
  for (let start = 0; start < due.length; start += concurrency) {
    assertEngineAlive();
    const batch = due.slice(start, start + concurrency);
    const results = await Promise.all(batch.map((member) => issueMember(member, contents, credentials, run)));
    // In the order of the members, whoever was ready first.
    errors.push(...results.map((settle) => settle()).filter((failure) => failure !== undefined));
    await nextTurn();
  }
  return errors;
}

/** Returns what writes the outcome into `contents`, and says what failed if the run is to fail. */
async function issueMember(
  member: DueMember,
  contents: SetContents,
  credentials: Credentials,
  run: Run,
): Promise<() => string | undefined> {
  try {
    const outputs = await outputsFor(member, contents, credentials);
    return () => {
      record(member.name, member.view, outputs, contents);
      return undefined;
    };
  } catch (error) {
    return () => failed(member, error, contents, run);
  }
}

function failed(
  { name, view, reason, before }: DueMember,
  error: unknown,
  contents: SetContents,
  run: Run,
): string | undefined {
  const plan = planFor(view, defaultsOf(view));
  const end = Date.parse(before?.issued.notAfter ?? "");
  const until = keepUntil(view.onRenewalFailure?.keepUntil, plan, end);
  if (before === undefined || !mayKeepOnFailure(reason) || run.now >= until) {
    return `members["${name}"]: ${messageOf(error)}`;
  }
  contents.failures[name] = formatFailed(
    keptFailure(messageOf(error), before.failed?.attempts ?? 0, run.now, run.cadence, {
      until,
      ...retryAtOf(error),
    }),
  );
  return undefined;
}

async function outputsFor(
  { view, reason, before }: DueMember,
  contents: SetContents,
  credentials: Credentials,
): Promise<CertificateOutputs> {
  const refreshed =
    reason === "IssuerRenewed" && before !== undefined ? refreshedChain(before, contents, credentials) : undefined;
  if (refreshed !== undefined) return refreshed;
  const request = parseRequest(view, defaultAlgorithm);
  if (request === undefined) throw new CertificatesError("Internal", "The request is still unknown in an update.");
  const keepKey = view.privateKey?.rotationPolicy === "never" && reason !== "KeyCompromised";
  return issue({
    name: view.name,
    request,
    inputs: view,
    duration: planFor(view, defaultsOf(view)).duration,
    issuer: view.issuer?.kind ?? "selfSigned",
    credentials,
    privateKeyPem: keepKey ? before?.privateKeyPem : undefined,
    extensions: { ...view.issuer?.urls },
  });
}

function refreshedChain(
  before: NonNullable<DueMember["before"]>,
  contents: SetContents,
  credentials: Credentials,
): CertificateOutputs | undefined {
  const { issued, certificatePem, privateKeyPem } = before;
  const outs: CertificateOutputs = {
    certificatePem,
    chainPem: contents.chains[issued.chain] ?? "",
    trustBundlePem: "",
    ...(privateKeyPem === undefined ? {} : { privateKeyPem }),
    notAfter: issued.notAfter,
    fingerprintSha256: "",
    spkiSha256: issued.spkiSha256,
  };
  return withNewChain(outs, credentials);
}

function record(name: string, view: RenewableInputs, outputs: CertificateOutputs, contents: SetContents): void {
  const { chainPem, trustBundlePem, certificatePem, privateKeyPem, notAfter, spkiSha256 } = outputs;
  const chain = trustBundlePem === certificatePem ? selfSignedChain : chainName(chainPem, trustBundlePem);
  if (chain !== selfSignedChain) {
    contents.chains[chain] = chainPem;
    contents.trustBundles[chain] = trustBundlePem;
  }
  contents.certificates[name] = certificatePem;
  if (privateKeyPem !== undefined) contents.privateKeys[name] = privateKeyPem;
  const { epoch, reason } = view.renewal;
  contents.issued[name] = formatIssued({ epoch, reason, notAfter, chain, spkiSha256 });
  delete contents.failures[name];
}

/** The name under which self-signed members stand: they are their own trust bundle. */
export const selfSignedChain = "self";

const chainNames = new Map<string, string>();

function chainName(chainPem: string, trustBundlePem: string): string {
  const text = chainPem + "\0" + trustBundlePem;
  let name = chainNames.get(text);
  if (name === undefined) chainNames.set(text, (name = createHash("sha256").update(text).digest("hex").slice(0, 16)));
  return name;
}
