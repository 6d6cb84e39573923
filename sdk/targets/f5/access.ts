import { createHash } from "node:crypto";
import { CertificatesError } from "../../errors";

/** How a BIG-IP is reached, as it was described. Credentials may be missing, as in a refresh. */
export interface F5Access {
  /** Scheme, host and port, without a last slash. */
  readonly address: string;
  readonly caBundlePem?: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly loginProvider: string;
}

/** What a BIG-IP asks for: a token that somebody else made, or what a token is made with. */
export type F5Credentials =
  { readonly token: string } | { readonly user: string; readonly password: string; readonly loginProvider: string };

/**
 * The credentials of the description; of those that are missing, as in a refresh, the ones in the environment, by the
 * names that F5's own Terraform and Pulumi providers read.
 */
export function credentialsOf(access: F5Access): F5Credentials | undefined {
  const { loginProvider } = access;
  const given = credentialsIn(access.token, access.user, access.password, loginProvider);
  if (given !== undefined) return given;
  const { BIGIP_TOKEN_VALUE, BIGIP_USER, BIGIP_PASSWORD } = process.env;
  return credentialsIn(BIGIP_TOKEN_VALUE, access.user ?? BIGIP_USER, BIGIP_PASSWORD, loginProvider);
}

function credentialsIn(
  token: string | undefined,
  user: string | undefined,
  password: string | undefined,
  loginProvider: string,
): F5Credentials | undefined {
  if (token !== undefined && token !== "") return { token };
  if (user === undefined || password === undefined || user === "" || password === "") return undefined;
  return { user, password, loginProvider };
}

export function neededCredentials(access: F5Access): F5Credentials {
  const credentials = credentialsOf(access);
  if (credentials !== undefined) return credentials;
  throw new CertificatesError("CredentialsMissing", `There are no credentials for ${access.address}.`, {
    hint: "Give the target user and password, or a token; a refresh and a deletion, which have no secrets of the program, take BIGIP_USER and BIGIP_PASSWORD, or BIGIP_TOKEN_VALUE, from the environment.",
  });
}

/** Texts that no message may show. */
export function secretsIn(credentials: F5Credentials): string[] {
  return "token" in credentials ? [credentials.token] : [credentials.password];
}

/** Tells one way of access from another without saying what it is. */
export function accessKey(access: F5Access, credentials: F5Credentials): string {
  const text = JSON.stringify([access.address, access.caBundlePem, credentials]);
  return createHash("sha256").update(text).digest("base64");
}
