import { createHash } from "node:crypto";
import { AcmeClient } from "../acme/client";
import { CertificatesError } from "../errors";
import { type ParsedSolver, parseSolvers } from "../solvers/select";

/** What comes with each certificate of an ACME account. */
export interface AcmeCredentials {
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly accountKeyPem: string;
  /** Names of the CA's profiles. */
  readonly profiles?: readonly string[];
  readonly caBundlePem?: string;
}

/** Reads the JSON text; undefined while the account is not known, in a preview. */
export function parseAcmeCredentials(text: unknown): AcmeCredentials | undefined {
  return typeof text === "string" && text.startsWith("{") ? (JSON.parse(text) as AcmeCredentials) : undefined;
}

export function requireAcmeCredentials(text: unknown): AcmeCredentials {
  const credentials = parseAcmeCredentials(text);
  if (credentials?.accountKeyPem !== undefined && credentials.accountUrl !== undefined) return credentials;
  throw new CertificatesError("CredentialsMissing", "The ACME account's key did not reach the certificate.", {
    hint:
      "The account may be left out by --target while it is new, or the certificate may have ignoreChanges on " +
      '"credentials" or "*".',
  });
}

const solvers = new Map<string, ParsedSolver[]>();
const clients = new Map<string, AcmeClient>();
const keptAtMost = 64;

/** The account's solvers with their secrets; parsed once for all its certificates. */
export function solversOf(text: unknown): ParsedSolver[] {
  if (typeof text !== "string") return [];
  return kept(solvers, text, () => parseSolvers(JSON.parse(text), "solvers"));
}

/** One client for all certificates of an account in this process: they share its nonces and connections. */
export function clientOf(credentials: AcmeCredentials, signal: AbortSignal): AcmeClient {
  const { directoryUrl, accountUrl, accountKeyPem, caBundlePem } = credentials;
  const key = createHash("sha256").update(JSON.stringify(credentials)).digest("base64");
  return kept(clients, key, () => {
    const bundle = caBundlePem === undefined ? {} : { caBundlePem };
    return new AcmeClient({ directoryUrl, accountUrl, accountKeyPem, signal, ...bundle });
  });
}

function kept<Value>(store: Map<string, Value>, key: string, make: () => Value): Value {
  let value = store.get(key);
  if (value === undefined) {
    value = make();
    if (store.size >= keptAtMost) store.clear();
    store.set(key, value);
  }
  return value;
}
