import { createHash } from "node:crypto";
import type { IssuingService, PendingOrder } from "../../issuers/issuer";
import { formatIssued, parseFailed, parseIssued } from "../../lifecycle/setSchedule";
import type { CertificateOutputs } from "../issuance";
import type { ServiceOutputs } from "../issuingService";
import type { Issuance, RenewableOuts } from "../renewable";
import { stateVersion } from "../stateVersion";

export interface CertificateSetOuts {
  readonly stateVersion: number;
  /** JSON: what was issued, without the private keys. */
  readonly contentsJson: string;
  /** JSON: member name → private key, PEM. */
  readonly privateKeysJson: string;
  /** Secret JSON: member name → an order that the last run placed and could not finish. */
  readonly pendingOrdersJson?: string;
  readonly lastFailure?: string;
  readonly warnings?: string[];
}

/** What a set has issued, by the name of a member, a chain or a service. */
export interface SetContents {
  readonly certificates: Record<string, string>;
  readonly privateKeys: Record<string, string>;
  readonly issued: Record<string, string>;
  readonly chains: Record<string, string>;
  readonly trustBundles: Record<string, string>;
  readonly failures: Record<string, string>;
  readonly services: Record<string, IssuingService>;
  /** What services said of members since: when to renew, and whether they were revoked. */
  readonly answers: Record<string, Omit<ServiceOutputs, "issuedBy">>;
  readonly orders: Record<string, PendingOrder>;
  readonly warnings: Record<string, readonly string[]>;
}

const byMember = ["certificates", "privateKeys", "issued", "failures", "answers", "orders", "warnings"] as const;
const shared = ["chains", "trustBundles", "services"] as const;
/** Those that most sets have no use for stand in the state only where there are some. */
const optional: readonly (keyof SetContents)[] = ["services", "answers", "warnings"];

/** What the outputs hold; empty before the first issuance. */
export function contentsOf(outs: Partial<CertificateSetOuts>): SetContents {
  const empty = Object.fromEntries([...byMember, ...shared].map((part) => [part, {}]));
  return {
    ...empty,
    ...(JSON.parse(outs.contentsJson ?? "{}") as object),
    privateKeys: JSON.parse(outs.privateKeysJson ?? "{}") as Record<string, string>,
    orders: JSON.parse(outs.pendingOrdersJson ?? "{}") as Record<string, PendingOrder>,
  } as unknown as SetContents;
}

/** A copy without the members that are gone. */
export function contentsFor(members: object, before: SetContents): SetContents {
  const present = (values: object): object => only(values, (name) => name in members);
  return Object.fromEntries([
    ...byMember.map((part) => [part, present(before[part])]),
    ...shared.map((part) => [part, { ...before[part] }]),
  ]) as SetContents;
}

/** The outputs that hold the contents. */
export function outsOf(contents: SetContents): CertificateSetOuts {
  const { privateKeys, orders, ...visible } = withUsed(contents);
  for (const part of optional) if (isEmpty(contents[part])) delete (visible as Partial<SetContents>)[part];
  return {
    stateVersion,
    contentsJson: JSON.stringify(visible),
    privateKeysJson: JSON.stringify(privateKeys),
    ...(!isEmpty(orders) && { pendingOrdersJson: JSON.stringify(orders) }),
    ...summary(contents),
  };
}

/** Without chains and services that no member has any more. */
function withUsed(contents: SetContents): SetContents {
  const used = new Set<string | undefined>();
  for (const text of Object.values(contents.issued)) {
    const { chain, service } = parseIssued(text);
    used.add(chain).add(service);
  }
  const parts = shared.map((part) => [part, only(contents[part], (name) => used.has(name))]);
  return { ...contents, ...Object.fromEntries(parts) } as SetContents;
}

function only(values: object, isWanted: (name: string) => boolean): object {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
}

function isEmpty(values: object): boolean {
  for (const _ in values) return false;
  return true;
}

const mostNamed = 10;

function summary({ failures, warnings }: SetContents): Pick<CertificateSetOuts, "lastFailure" | "warnings"> {
  const failed = Object.entries(failures);
  const shown = failed.slice(0, mostNamed).map(([name, text]) => `${name}: ${parseFailed(text).lastFailure}`);
  const warned = Object.entries(warnings).flatMap(([name, lines]) => lines.map((line) => `${name}: ${line}`));
  const more = warned.length - mostNamed;
  return {
    ...(failed.length > 0 && { lastFailure: `${failed.length} members: ${shown.join("; ")}` }),
    ...(warned.length > 0 && {
      warnings: [...warned.slice(0, mostNamed), ...(more > 0 ? [`${more} more warnings about members.`] : [])],
    }),
  };
}

/** Outputs of one member, as if it were a certificate of its own; those of a certificate are absent while there is none. */
export type MemberOuts = RenewableOuts & ServiceOutputs & Partial<CertificateOutputs>;

export function isIssued(outs: MemberOuts): outs is RenewableOuts & CertificateOutputs {
  return outs.certificatePem !== undefined;
}

export function memberOuts(contents: SetContents, name: string): MemberOuts {
  const text = contents.issued[name];
  const certificatePem = contents.certificates[name];
  const failed = contents.failures[name];
  const failure = failed === undefined ? {} : parseFailed(failed);
  if (text === undefined || certificatePem === undefined) {
    return { spkiSha256: "", renewal: { epoch: 0, reason: "DoesNotExist" }, settings: "", ...failure };
  }
  const { epoch, reason, notAfter, chain, spkiSha256, service } = parseIssued(text);
  const privateKeyPem = contents.privateKeys[name];
  const issuedBy = service === undefined ? undefined : contents.services[service];
  return {
    certificatePem,
    chainPem: contents.chains[chain] ?? "",
    trustBundlePem: contents.trustBundles[chain] ?? certificatePem,
    ...(privateKeyPem !== undefined && { privateKeyPem }),
    notAfter,
    fingerprintSha256: "",
    spkiSha256,
    renewal: { epoch, reason },
    settings: "",
    ...failure,
    ...(issuedBy && { issuedBy }),
    ...contents.answers[name],
  };
}

/** Writes what was issued for a member. */
export function record(
  name: string,
  { epoch, reason }: Issuance,
  outputs: CertificateOutputs,
  contents: SetContents,
): void {
  const { chainPem, trustBundlePem, certificatePem, privateKeyPem, notAfter, spkiSha256, ...more } = outputs;
  const { issuedBy, suggestedRenewal, warnings } = more;
  const chain = trustBundlePem === certificatePem ? selfSignedChain : shortName(chainPem + "\0" + trustBundlePem);
  if (chain !== selfSignedChain) {
    contents.chains[chain] = chainPem;
    contents.trustBundles[chain] = trustBundlePem;
  }
  const service = issuedBy && shortName(JSON.stringify(issuedBy));
  if (service !== undefined) contents.services[service] = issuedBy as IssuingService;
  for (const part of ["failures", "orders", "answers", "warnings"] as const) delete contents[part][name];
  contents.certificates[name] = certificatePem;
  if (privateKeyPem !== undefined) contents.privateKeys[name] = privateKeyPem;
  if (suggestedRenewal !== undefined) contents.answers[name] = { suggestedRenewal };
  if (warnings !== undefined) contents.warnings[name] = warnings;
  contents.issued[name] = formatIssued({
    epoch,
    reason,
    notAfter,
    chain,
    spkiSha256,
    ...(service !== undefined && { service }),
  });
}

/** The name under which self-signed members stand: they are their own trust bundle. */
export const selfSignedChain = "self";

const names = new Map<string, string>();

function shortName(text: string): string {
  let name = names.get(text);
  if (name === undefined) names.set(text, (name = createHash("sha256").update(text).digest("hex").slice(0, 16)));
  return name;
}
