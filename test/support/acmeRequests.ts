/** What the requests to an ACME server are for. */
export type AcmeRequestKind =
  | "directory"
  | "newNonce"
  | "newAccount"
  | "account"
  | "newOrder"
  | "order"
  | "authorization"
  | "challenge"
  | "finalize"
  | "certificate"
  | "renewalInfo"
  | "revokeCert"
  | "keyChange"
  | "other";

/** Pebble's paths, which RFC 8555 leaves to the server. */
const paths: readonly (readonly [string, AcmeRequestKind])[] = [
  ["/dir", "directory"],
  ["/nonce-plz", "newNonce"],
  ["/sign-me-up", "newAccount"],
  ["/my-account/", "account"],
  ["/order-plz", "newOrder"],
  ["/my-order/", "order"],
  ["/authZ/", "authorization"],
  ["/chalZ/", "challenge"],
  ["/finalize-order/", "finalize"],
  ["/certZ/", "certificate"],
  ["/draft-ietf-acme-ari-03/renewalInfo/", "renewalInfo"],
  ["/revoke-cert", "revokeCert"],
  ["/rollover-account-key", "keyChange"],
];

/** What a request to this path of Pebble is for. */
export function acmeRequestKind(path: string): AcmeRequestKind {
  return paths.find(([prefix]) => (prefix.endsWith("/") ? path.startsWith(prefix) : path === prefix))?.[1] ?? "other";
}

export type AcmeRequestCounts = Partial<Record<AcmeRequestKind, number>>;

export function countKinds(kinds: Iterable<AcmeRequestKind>): AcmeRequestCounts {
  const counts: AcmeRequestCounts = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
