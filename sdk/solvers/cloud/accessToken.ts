import type { SolverContext } from "../solver";
import { type NamedService, credentialsRefused } from "./failures";
import { rest } from "./rest";

/** An OAuth access token (RFC 6749, 5.1), and until when it is used. */
export interface AccessToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A token is replaced this long before its end, so that no request is under way when it comes. */
const margin = 60_000;

/** Keeps a token until shortly before its end; those who need one at the same time share the request. */
export function keptToken(
  request: (context: SolverContext) => Promise<AccessToken>,
): (context: SolverContext) => Promise<string> {
  let kept: AccessToken | undefined;
  let coming: Promise<AccessToken> | undefined;
  return async (context) => {
    if (kept !== undefined && kept.expiresAt - margin > Date.now()) return kept.token;
    coming ??= request(context).finally(() => (coming = undefined));
    kept = await coming;
    return kept.token;
  };
}

/** Asks a token endpoint. Its refusal (RFC 6749, 5.2) is one of the credentials. */
export async function requestToken(
  service: NamedService,
  url: string,
  form: Readonly<Record<string, string>>,
  context: SolverContext,
): Promise<AccessToken> {
  const doing = "get an access token";
  const issuer = { ...service, endpoint: url, explain: explainToken, authorization: async () => undefined };
  const { status, json } = await rest(issuer, { doing, path: "", form, accept: [400, 401] }, context);
  const { access_token: token, expires_in: seconds } = (json ?? {}) as { access_token?: string; expires_in?: number };
  if (status >= 300 || token === undefined) throw credentialsRefused(service, doing, explainToken(json));
  return { token, expiresAt: Date.now() + (seconds ?? 0) * 1000 };
}

function explainToken(json: unknown): string {
  const { error, error_description: description } = (json ?? {}) as { error?: unknown; error_description?: unknown };
  const texts = [error, description].filter((text) => typeof text === "string");
  return texts.join(": ").split(/\r?\n/)[0] ?? "";
}
