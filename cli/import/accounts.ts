import { CertificatesError, messageOf } from "../../sdk/errors";
import { knownDirectories } from "../../sdk/acme/knownDirectories";
import { algorithmOf } from "../../sdk/keys/algorithms";
import { readAccountKey } from "../accountKey";
import type { Candidate } from "./consider";
import type { AccountFound, Refusal } from "./found";
import { UnreadableFile } from "./textFile";

/** An account that is taken over, and the certificates that it ordered. */
export interface PlacedAccount extends AccountFound {
  /** Of the resource, and of the constant in the program. */
  readonly name: string;
  readonly constant: string;
  /** The setting of the stack that holds its key as a secret. */
  readonly setting: string;
  /** What puts the key there. */
  readonly command: string;
  readonly certificates: readonly Candidate[];
}

/** The accounts of the certificates. One whose key cannot be used is refused, and its certificates get no account. */
export function placeAccounts(candidates: readonly Candidate[]): { accounts: PlacedAccount[]; refused: Refusal[] } {
  const byKey = new Map<string, { account: AccountFound; certificates: Candidate[] }>();
  for (const candidate of candidates) {
    const { account } = candidate;
    if (account === undefined) continue;
    const group = byKey.get(account.keyPath) ?? { account, certificates: [] };
    byKey.set(account.keyPath, group);
    group.certificates.push(candidate);
  }
  const names = new Set<string>();
  const accounts: PlacedAccount[] = [];
  const refused: Refusal[] = [];
  for (const { account, certificates } of byKey.values()) {
    const reason = unusable(account);
    if (reason === undefined) accounts.push({ ...account, ...namesFor(account, names), certificates });
    else refused.push({ origin: account.origin, reason });
  }
  return { accounts, refused };
}

/** ACME servers take ES256, ES384 and RS256 (RFC 8555, 6.2). */
function unusable({ keyPath }: AccountFound): string | undefined {
  try {
    const algorithm = algorithmOf(readAccountKey(keyPath));
    return algorithm === undefined || algorithm === "Ed25519" ? `its key ${keyPath} is of another kind` : undefined;
  } catch (error) {
    if (CertificatesError.is(error) || error instanceof UnreadableFile) return messageOf(error).replace(/\.$/, "");
    throw error;
  }
}

function namesFor(
  { directory, keyPath }: AccountFound,
  taken: Set<string>,
): Pick<PlacedAccount, "name" | "constant" | "setting" | "command"> {
  const known = knownDirectories.find(({ url }) => url === directory);
  const base = known?.name ?? new URL(directory).hostname.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
  taken.add(name);
  const camel = name.replace(/-([a-z0-9])/g, (_dash, letter: string) => letter.toUpperCase());
  const setting = `${camel}AccountKey`;
  const command = `npx pulumi-certificates account-key ${quoted(keyPath)} | pulumi config set --secret ${setting}`;
  return { name, constant: `${camel}Account`.replace(/^(?=\d)/, "acme"), setting, command };
}

/** For a POSIX shell. */
const quoted = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replace(/'/g, `'\\''`)}'`);
