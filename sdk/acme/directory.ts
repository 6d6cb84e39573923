import { AcmeError } from "./problem";

/** What an ACME server offers (RFC 8555, 7.1.1; RFC 9773; draft-ietf-acme-profiles). */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert?: string;
  readonly keyChange?: string;
  readonly renewalInfo?: string;
  readonly meta: DirectoryMeta;
}

export interface DirectoryMeta {
  readonly termsOfService?: string;
  readonly website?: string;
  readonly caaIdentities?: readonly string[];
  readonly externalAccountRequired?: boolean;
  /** Names of the profiles, and what the CA says of each. */
  readonly profiles?: Readonly<Record<string, string>>;
}

/** Reads a directory; refuses an answer that is none, such as a page of a proxy. */
export function readDirectory(value: unknown, url: string): Directory {
  const fields = recordOf(value);
  const required = ["newNonce", "newAccount", "newOrder"] as const;
  const missing = required.filter((name) => typeof fields[name] !== "string");
  if (missing.length > 0)
    throw new AcmeError(`${url} is no ACME directory: ${missing.join(", ")} missing.`, "nextIssuer", {
      isIssuersFault: true,
      hint: "Give the URL of the directory, which ends with /directory at most CAs.",
    });
  const meta = recordOf(fields.meta);
  const profiles = recordOf(meta.profiles);
  return {
    ...(pick(fields, [...required, "revokeCert", "keyChange", "renewalInfo"]) as unknown as Omit<Directory, "meta">),
    meta: {
      ...pick(meta, ["termsOfService", "website"]),
      ...(Array.isArray(meta.caaIdentities) && { caaIdentities: meta.caaIdentities.map(String) }),
      ...(typeof meta.externalAccountRequired === "boolean" && {
        externalAccountRequired: meta.externalAccountRequired,
      }),
      ...(Object.keys(profiles).length > 0 && {
        profiles: Object.fromEntries(Object.entries(profiles).map(([name, text]) => [name, String(text)])),
      }),
    },
  };
}

function pick(fields: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof fields[name] === "string" ? [[name, fields[name]]] : [])));
}

/** An object's fields; none for anything else. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
