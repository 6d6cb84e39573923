import { parseFailed, parseIssued } from "../../lifecycle/setSchedule";
import type { RenewableOuts } from "../renewable";
import { stateVersion } from "../stateVersion";
import type { Members } from "./members";

export interface CertificateSetOuts {
  readonly stateVersion: number;
  /** JSON: what was issued, without the private keys. */
  readonly contentsJson: string;
  /** JSON: member name → private key, PEM. */
  readonly privateKeysJson: string;
  readonly lastFailure?: string;
  readonly warnings?: string[];
}

/** What a set has issued, by member or chain name. */
export interface SetContents {
  readonly certificates: Record<string, string>;
  readonly privateKeys: Record<string, string>;
  readonly issued: Record<string, string>;
  readonly chains: Record<string, string>;
  readonly trustBundles: Record<string, string>;
  readonly failures: Record<string, string>;
}

/** What the outputs hold; empty before the first issuance. */
export function contentsOf({ contentsJson, privateKeysJson }: Partial<CertificateSetOuts>): SetContents {
  const empty = { certificates: {}, issued: {}, chains: {}, trustBundles: {}, failures: {} };
  return {
    ...empty,
    ...(JSON.parse(contentsJson ?? "{}") as object),
    privateKeys: JSON.parse(privateKeysJson ?? "{}") as Record<string, string>,
  };
}

/** A copy without the members that are gone. */
export function contentsFor(members: Members, before: SetContents): SetContents {
  const present = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => name in members));
  return {
    certificates: present(before.certificates),
    privateKeys: present(before.privateKeys),
    issued: present(before.issued),
    failures: present(before.failures),
    chains: { ...before.chains },
    trustBundles: { ...before.trustBundles },
  };
}

/** The outputs that hold the contents. */
export function outsOf(contents: SetContents): CertificateSetOuts {
  const { privateKeys, ...visible } = withUsedChains(contents);
  return {
    stateVersion,
    contentsJson: JSON.stringify(visible),
    privateKeysJson: JSON.stringify(privateKeys),
    ...failureSummary(contents),
  };
}

function withUsedChains(contents: SetContents): SetContents {
  const used = new Set(Object.values(contents.issued).map((text) => parseIssued(text).chain));
  const only = (chains: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(chains).filter(([name]) => used.has(name)));
  return { ...contents, chains: only(contents.chains), trustBundles: only(contents.trustBundles) };
}

function failureSummary({ failures }: SetContents): { lastFailure?: string } {
  const failed = Object.entries(failures);
  if (failed.length === 0) return {};
  const shown = failed.slice(0, 10).map(([name, text]) => `${name}: ${parseFailed(text).lastFailure}`);
  return { lastFailure: `${failed.length} members: ${shown.join("; ")}` };
}

/** One member as if it were a certificate of its own. */
export function memberOuts(contents: SetContents, name: string): RenewableOuts {
  const text = contents.issued[name];
  const certificatePem = contents.certificates[name];
  if (text === undefined || certificatePem === undefined) {
    return { spkiSha256: "", renewal: { epoch: 0, reason: "DoesNotExist" }, settings: "" };
  }
  const { epoch, reason, notAfter, spkiSha256 } = parseIssued(text);
  const failed = contents.failures[name];
  const failure = failed === undefined ? {} : parseFailed(failed);
  return { certificatePem, notAfter, spkiSha256, renewal: { epoch, reason }, settings: "", ...failure };
}
