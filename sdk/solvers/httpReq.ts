import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { requireCredential } from "./cloud/credential";
import { type RestService, rest } from "./cloud/rest";
import { optionalText, propertiesOf, shown } from "./description";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";
import { type SelfHostedArgs, type SelfHostedSpec, parseSelfHosted, selfHostedArgNames } from "./dns/selfHosted";
import { type TxtRecord, txtSolver } from "./dns/txtRecord";
import { type SolverContext, defineSolver } from "./solver";

/** Arguments of `httpReq`. */
export interface HttpReqArgs extends SelfHostedArgs, DnsArgs {
  /**
   * What the server is told: `default` the name and value of the record, `raw` the name of the certificate, the token and
   * the key authorization. Changing it takes effect with the next order.
   * @default "default"
   */
  readonly mode?: Input<"default" | "raw">;
  /**
   * The user for basic authentication. Changing it takes effect with the next order.
   * @default requests have no credentials
   */
  readonly username?: Input<string>;
  /** The password for it. Kept out of the state; changing it takes effect with the next order. @default none */
  readonly password?: Input<string>;
}

/** An `httpReq` solver in a program. */
export type HttpReqSolver = HttpReqArgs & { readonly kind: "httpReq" };

/**
 * Answers dns-01 through a server of your own that speaks the httpreq protocol of lego
 * (go-acme.github.io/lego/dns/httpreq): POST `/present` before the CA looks, POST `/cleanup` afterwards, for this value
 * only. Whether the credentials are right shows with the first challenge: the protocol has no request to check them.
 */
export function httpReq(args: HttpReqArgs): HttpReqSolver {
  return { ...args, kind: "httpReq" };
}

/** An `httpReq` solver as it was described, checked. */
export interface HttpReqSpec extends SelfHostedSpec {
  readonly mode: "default" | "raw";
  readonly username?: string;
  readonly password?: string;
  readonly dns: DnsOptions;
}

function parse(value: unknown, property: string): HttpReqSpec {
  const known = [...selfHostedArgNames, "mode", "username", "password", ...dnsArgNames];
  const given = propertiesOf(value, property, { name: "httpReq", known });
  const { mode = "default" } = given;
  if (mode !== "default" && mode !== "raw")
    throw invalidArgument(`${property}.mode`, `${shown(mode)} is no mode.`, 'Use "default" or "raw".');
  const username = optionalText(given.username, `${property}.username`, "Give the user, or leave it out.");
  const password = parsePassword(given.password, `${property}.password`);
  if (username?.includes(":") === true)
    throw invalidArgument(`${property}.username`, "has a colon.", "Basic authentication allows none (RFC 7617, 2).");
  if (username === undefined && password !== undefined)
    throw invalidArgument(`${property}.username`, "is missing.", "Basic authentication needs a user.");
  return {
    ...parseSelfHosted(given, property),
    mode,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    dns: parseDnsArgs(given, property),
  };
}

/** Any text without control characters (RFC 7617, 2). */
function parsePassword(value: unknown, property: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- the range is what is refused
  if (value === undefined || (typeof value === "string" && /^[^\x00-\x1f\x7f]+$/.test(value))) return value;
  throw invalidArgument(property, "is empty, no text, or has control characters.", "Give the password as a secret.");
}

async function post(
  spec: HttpReqSpec,
  action: "present" | "cleanup",
  { fqdn, value, challenge }: TxtRecord,
  context: SolverContext,
): Promise<void> {
  const credentials = authorizationOf(spec);
  const service: RestService = {
    name: `The httpreq server ${new URL(spec.url).host}`,
    endpoint: spec.url,
    rights: "Check username and password.",
    secrets: [spec.password ?? "", credentials ?? "", challenge.token, challenge.keyAuthorization],
    authorization: async () => credentials,
    ...(spec.caBundlePem !== undefined && { caBundlePem: spec.caBundlePem }),
    explain,
  };
  const { token, keyAuthorization: keyAuth } = challenge;
  const body =
    spec.mode === "raw" ? { domain: challenge.identifier.value, token, keyAuth } : { fqdn: `${fqdn}.`, value };
  const doing = `${action === "present" ? "set" : "remove"} the TXT record ${fqdn}`;
  await rest(service, { doing, path: `/${action}`, body }, context);
}

function authorizationOf({ username, password }: HttpReqSpec): string | undefined {
  if (username === undefined) return undefined;
  const pair = `${username}:${requireCredential(password, "httpReq", "password")}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** The protocol does not say what a failure looks like: a text, or JSON with one. */
function explain(json: unknown): string {
  if (typeof json === "string") return json;
  const { error, message } = (json ?? {}) as { error?: unknown; message?: unknown };
  return [error, message].find((text) => typeof text === "string") ?? "";
}

export const httpReqSolver = defineSolver<HttpReqSpec, HttpReqSolver>({
  kind: "httpReq",
  factory: httpReq,
  secrets: ["password"],
  parse,
  ...txtSolver<HttpReqSpec>({
    add: (spec, record, context) => post(spec, "present", record, context),
    remove: (spec, record, context) => post(spec, "cleanup", record, context),
  }),
});
