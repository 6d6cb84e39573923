import { relative } from "node:path";
import { formatInstant } from "../../sdk/duration";
import type { PlacedAccount } from "./accounts";
import type { Refusal } from "./found";
import type { Placed } from "./program";
import type { AuthenticatorUse } from "./solverHints";
import type { AccountFound } from "./found";

/** What an import did. `--json` prints it as it is. */
export interface ImportReport {
  /** The program; absent if there was nothing to write. */
  readonly program?: string;
  readonly imported: readonly ImportedCertificate[];
  readonly refused: readonly Refusal[];
  readonly authenticators: readonly AuthenticatorUse[];
  readonly accounts: readonly ImportedAccount[];
}

/** An account that is taken over; its key has to be put into the stack's settings first. */
interface ImportedAccount extends AccountFound {
  readonly name: string;
  readonly setting: string;
  readonly command: string;
}

interface ImportedCertificate {
  readonly name: string;
  readonly origin: string;
  readonly fingerprintSha256: string;
  readonly notAfter: string;
  readonly certificatePath: string;
  readonly privateKeyPath?: string;
  readonly authenticator?: string;
  readonly directory?: string;
  /** What still renews it, and how to stop that. */
  readonly managedBy?: string;
  readonly stop?: string;
}

export function importedCertificate({ candidate, ...placed }: Placed): ImportedCertificate {
  const { origin, facts, authenticator, directory, managedBy } = candidate;
  return {
    ...placed,
    origin,
    fingerprintSha256: facts.fingerprintSha256,
    notAfter: formatInstant(facts.notAfter.getTime()),
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(directory === undefined ? {} : { directory }),
    ...(managedBy === undefined ? {} : { managedBy: managedBy.tool, stop: managedBy.stop }),
  };
}

export function importedAccount({ certificates: _, constant: __, ...account }: PlacedAccount): ImportedAccount {
  return account;
}

/** The report for people. */
export function reportText({ program, imported, refused, authenticators, accounts }: ImportReport): string {
  const lines: string[] = [];
  if (program !== undefined)
    lines.push(`${relative(process.cwd(), program) || program}: ${counted(imported.length)} to take over.`);
  const keyless = imported.filter(({ privateKeyPath }) => privateKeyPath === undefined).length;
  if (keyless > 0)
    lines.push(`Without their keys: ${counted(keyless)}. --keys and --key-folder say where keys are and may go.`);
  if (authenticators.length > 0) {
    lines.push("Proved until now by:");
    for (const { authenticator, certificates, solver } of authenticators)
      lines.push(`  ${authenticator} (${counted(certificates)}) → ${solver}`);
  }
  if (accounts.length > 0) {
    lines.push("ACME accounts taken over; before the first `pulumi up`:");
    for (const { command } of accounts) lines.push(`  ${command}`);
  }
  const managed = imported.filter(({ stop }) => stop !== undefined);
  if (managed.length > 0) {
    lines.push("Still renewed by another tool too; after the first `pulumi up`:");
    for (const { origin, stop } of managed) lines.push(`  ${origin}: ${stop ?? ""}`);
  }
  if (refused.length > 0) {
    lines.push(`Refused, ${refused.length}:`);
    for (const { origin, reason } of refused) lines.push(`  ${origin}: ${reason}.`);
  }
  if (program === undefined) lines.push("Nothing to take over, nothing written.");
  return `${lines.join("\n")}\n`;
}

const counted = (count: number): string => `${count} ${count === 1 ? "certificate" : "certificates"}`;
