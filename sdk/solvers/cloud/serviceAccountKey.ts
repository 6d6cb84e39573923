import { type KeyObject, createPrivateKey, sign } from "node:crypto";
import { invalidArgument } from "../../errors";
import { parseEndpoint } from "./endpoint";

/** What is needed of the key file of a Google service account. */
export interface ServiceAccountKey {
  readonly clientEmail: string;
  readonly privateKeyId: string | undefined;
  readonly privateKey: string;
  readonly tokenUri: string;
}

/** Reads the JSON text of a key file; undefined if it is missing, as in a preview. Never shows any of it. */
export function parseServiceAccountKey(value: unknown, property: string): ServiceAccountKey | undefined {
  if (value === undefined) return undefined;
  const file = fileOf(value);
  const { type, client_email: clientEmail, private_key: privateKey, private_key_id: privateKeyId } = file ?? {};
  const isKey = type === "service_account" && typeof clientEmail === "string" && typeof privateKey === "string";
  if (!isKey || keyOf(privateKey) === undefined) {
    const problem = "is no key file of a service account in JSON.";
    const fix = "Give its text as a secret. For other kinds of credentials leave it out and set useEnvironment.";
    throw invalidArgument(property, problem, fix);
  }
  return {
    clientEmail,
    privateKey,
    privateKeyId: typeof privateKeyId === "string" ? privateKeyId : undefined,
    tokenUri: parseEndpoint(file?.token_uri, `${property}.token_uri`, "https://oauth2.googleapis.com/token"),
  };
}

/** The assertion that is exchanged for an access token (RFC 7523), valid for an hour. */
export function tokenAssertion(key: ServiceAccountKey, scope: string, now = Date.now()): string {
  const issuedAt = Math.floor(now / 1000);
  const header = { alg: "RS256", typ: "JWT", kid: key.privateKeyId };
  const claims = { iss: key.clientEmail, scope, aud: key.tokenUri, iat: issuedAt, exp: issuedAt + 3600 };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${sign("sha256", Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

function fileOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const parsed = JSON.parse(value) as unknown;
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the caller says what was expected, without a part of the text
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined; // the same
  }
}
