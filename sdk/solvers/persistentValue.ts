import { createHash } from "node:crypto";
import type { Challenge } from "../acme/challenge";

/** The value of the TXT record for a challenge, as CAs accept it (draft-ietf-acme-dns-persist-01, 4.1). */
export function persistentValue({ issuerDomainNames = [], accountUrl, wildcard }: Challenge): string {
  const [issuer = "<the CA's issuer domain name>"] = issuerDomainNames;
  return `${issuer}; accounturi=${accountUrl}${wildcard ? "; policy=wildcard" : ""}`;
}

/** Why a TXT record does not answer a challenge; undefined if it does. */
export function objectionTo(text: string, challenge: Challenge, now: number): string | undefined {
  const [issuer = "", ...parts] = text.split(";").map((part) => part.trim());
  const tags = new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, Math.max(at, 0)).trim().toLowerCase(), part.slice(at + 1).trim()] as const;
    }),
  );
  const issuers = challenge.issuerDomainNames ?? [];
  const known = issuers.includes(issuer.toLowerCase().replace(/\.$/, ""));
  if (!known) return `a record is for ${JSON.stringify(issuer)}, not for ${issuers.join(" or ") || "this CA"}`;
  const account = tags.get("accounturi");
  if (account === undefined) return `the record for ${issuer} names no account`;
  if (!isAccount(account, challenge)) return `the record for ${issuer} is for another account, ${account}`;
  if (challenge.wildcard && tags.get("policy")?.toLowerCase() !== "wildcard")
    return `the record for ${issuer} lacks policy=wildcard`;
  const until = tags.get("persistuntil");
  if (until !== undefined && !/^\d{1,12}$/.test(until)) return `the record for ${issuer} has a malformed persistUntil`;
  if (until !== undefined && Number(until) * 1_000 <= now)
    return `the record for ${issuer} was valid until ${new Date(Number(until) * 1_000).toISOString()}`;
  return undefined;
}

/**
 * The account's URL, or as of draft -02 a hash over the name, the key and that URL. The prefix of a hashed one is the
 * CA's to check.
 */
function isAccount(uri: string, { accountUrl, keyAuthorization, identifier }: Challenge): boolean {
  if (uri === accountUrl) return true;
  const thumbprint = keyAuthorization.slice(keyAuthorization.lastIndexOf(".") + 1);
  return [identifier.value, "*"].some((name) => {
    const input = [Buffer.of(name.length), Buffer.from(`${name}${thumbprint}${accountUrl}`, "ascii")];
    return uri.endsWith(`/sha-256/${createHash("sha256").update(Buffer.concat(input)).digest("base64url")}`);
  });
}
