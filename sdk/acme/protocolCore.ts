import { createPrivateKey, type KeyObject } from "node:crypto";

/** What acme-client gives back for a request, and what its transport must give it. */
export interface CoreResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed value of a JSON answer, otherwise its text. */
  readonly data: unknown;
}

export interface SignedRequestOptions {
  /** The account's URL; without it the public key itself is sent (RFC 8555, 6.2). */
  readonly kid?: string;
  readonly includeExternalAccountBinding?: boolean;
}

/**
 * The part of acme-client that signs: JWS (RFC 8555, 6.2), external account binding and the repetition after
 * `badNonce`. Its transport is `request` and `getNonce`, which are replaced for each exchange.
 */
export interface CoreHttp {
  /** What it signs with. */
  accountKey: KeyObject;
  request(url: string, method: string, options?: { data?: unknown }): Promise<CoreResponse>;
  getNonce(): Promise<string>;
  maxBadNonceRetries: number;
  getJwk(): Readonly<Record<string, string>>;
  createSignedBody(url: string, payload: object): object;
  signedRequest(url: string, payload: object | null, options: SignedRequestOptions): Promise<CoreResponse>;
}

export interface ProtocolCore {
  readonly http: CoreHttp;
  getChallengeKeyAuthorization(challenge: { type: "http-01"; token: string }): Promise<string>;
}

export interface ExternalAccountBinding {
  readonly keyId: string;
  /** Base64url, as the CA gives it. */
  readonly hmacKey: string;
}

/** Loads acme-client and makes its core for one account key. It sends nothing by itself. */
export async function loadCore(
  directoryUrl: string,
  keyPem: string,
  binding?: ExternalAccountBinding,
): Promise<ProtocolCore> {
  const { Client } = await import("acme-client");
  const core = new Client({
    directoryUrl,
    accountKey: keyPem,
    ...(binding && { externalAccountBinding: { kid: binding.keyId, hmacKey: binding.hmacKey } }),
  }) as unknown as ProtocolCore;
  // As PEM it would be read again for every signature, which takes ten times as long as the signature.
  core.http.accountKey = createPrivateKey(keyPem);
  return core;
}
