import type { Input } from "@pulumi/pulumi";
import { AcmeError } from "../acme/problem";
import { invalidArgument } from "../errors";
import { parseCredential, requireCredential } from "./cloud/credential";
import { type RestService, rest } from "./cloud/rest";
import { optionalText, propertiesOf, requiredText } from "./description";
import { type DnsArgs, type DnsOptions, dnsArgNames, parseDnsArgs } from "./dns/options";
import { type SelfHostedArgs, type SelfHostedSpec, parseSelfHosted, selfHostedArgNames } from "./dns/selfHosted";
import { recordNames, txtSolver } from "./dns/txtRecord";
import { type SolverContext, defineSolver } from "./solver";

/** Arguments of `acmeDns`: a registration at an acme-dns server. */
export interface AcmeDnsArgs extends SelfHostedArgs, DnsArgs {
  /** `username` of the registration, a UUID. Changing it takes effect with the next order. */
  readonly username: Input<string>;
  /** `password` of the registration. Kept out of the state; changing it takes effect with the next order. */
  readonly password: Input<string>;
  /**
   * `subdomain` of the registration, a UUID. `_acme-challenge.<name>` of each name must be a CNAME record to it in the
   * server's zone. Changing it takes effect with the next order.
   */
  readonly subdomain: Input<string>;
}

/** An `acmeDns` solver in a program. */
export type AcmeDnsSolver = AcmeDnsArgs & { readonly kind: "acmeDns" };

/**
 * Answers dns-01 through an acme-dns server (github.com/joohoi/acme-dns), to which CNAME records lead: no credentials for
 * the zone itself are needed. The server keeps two values for a registration, so that one serves a name and its wildcard;
 * other names need registrations of their own, chosen by `dnsNames`. Values are not removed: the next ones push them out.
 */
export function acmeDns(args: AcmeDnsArgs): AcmeDnsSolver {
  return { ...args, kind: "acmeDns" };
}

/** An `acmeDns` solver as it was described, checked. */
export interface AcmeDnsSpec extends SelfHostedSpec {
  readonly username?: string;
  readonly password?: string;
  readonly subdomain: string;
  readonly dns: DnsOptions;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const keptValues = 2;
/** Values of this process that a CA may still look for, by registration. */
const inUse = new Map<string, Set<string>>();

function parse(value: unknown, property: string): AcmeDnsSpec {
  const known = [...selfHostedArgNames, "username", "password", "subdomain", ...dnsArgNames];
  const given = propertiesOf(value, property, { name: "acmeDns", known });
  const fix = "Give what the server answered to POST /register.";
  const username = optionalText(given.username, `${property}.username`, fix);
  const password = parseCredential(given.password, `${property}.password`, "the password of the registration");
  const subdomain = requiredText(given.subdomain, `${property}.subdomain`, fix).toLowerCase();
  if (!uuid.test(subdomain)) throw invalidArgument(`${property}.subdomain`, `"${subdomain}" is no UUID.`, fix);
  return {
    ...parseSelfHosted(given, property),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    subdomain,
    dns: parseDnsArgs(given, property),
  };
}

/** POST /update (github.com/joohoi/acme-dns#update-endpoint). */
async function update(spec: AcmeDnsSpec, txt: string, doing: string, context: SolverContext): Promise<void> {
  const { username, password, subdomain } = spec;
  const credentials = {
    "x-api-user": requireCredential(username, "acmeDns", "username"),
    "x-api-key": requireCredential(password, "acmeDns", "password"),
  };
  const service: RestService = {
    name: "acme-dns",
    endpoint: spec.url,
    rights: "Check username, password and subdomain, and the addresses that the registration allows.",
    secrets: Object.values(credentials),
    authorization: async () => undefined,
    headers: () => credentials,
    ...(spec.caBundlePem !== undefined && { caBundlePem: spec.caBundlePem }),
    explain: (json) => (json as { error?: string } | undefined)?.error ?? "",
  };
  // An empty value is refused, but only after the credentials were accepted.
  const accept = txt === "" ? [400] : [];
  await rest(service, { doing, path: "/update", body: { subdomain, txt }, accept }, context);
}

async function preflight(spec: AcmeDnsSpec, names: readonly string[], context: SolverContext): Promise<void> {
  if (new Set(names).size > keptValues) {
    throw new AcmeError(
      `One registration at acme-dns keeps ${keptValues} values, and it is to answer for ${names.join(", ")}.`,
      "fatal",
      { hint: "Register once for each name, and choose by dnsNames." },
    );
  }
  for (const fqdn of await recordNames(names, spec.dns, context)) assertDelegated(spec, fqdn);
  await update(spec, "", "check the registration", context);
}

function assertDelegated({ subdomain, url }: AcmeDnsSpec, fqdn: string): void {
  if (fqdn.startsWith(`${subdomain}.`)) return;
  throw new AcmeError(`${fqdn} does not lead to the subdomain ${subdomain} of acme-dns.`, "fatal", {
    hint: `Add the record: _acme-challenge.<name> CNAME ${subdomain}.<zone of ${new URL(url).hostname}>.`,
  });
}

function valuesInUse({ url, subdomain }: AcmeDnsSpec): Set<string> {
  const key = `${url} ${subdomain}`;
  const values = inUse.get(key) ?? new Set();
  inUse.set(key, values);
  return values;
}

const { challenge, present } = txtSolver<AcmeDnsSpec>({
  async add(spec, { fqdn, value }, context) {
    assertDelegated(spec, fqdn);
    const values = valuesInUse(spec);
    if (!values.has(value) && values.size >= keptValues) {
      throw new AcmeError(
        `acme-dns keeps ${keptValues} values at ${fqdn}, and both are awaited by a CA.`,
        "retryLater",
        {
          hint: "Register once for each name, and choose by dnsNames.",
        },
      );
    }
    values.add(value);
    await update(spec, value, `set the TXT record ${fqdn}`, context);
  },
  async remove(spec, { value }) {
    valuesInUse(spec).delete(value);
  },
});

export const acmeDnsSolver = defineSolver<AcmeDnsSpec, AcmeDnsSolver>({
  kind: "acmeDns",
  factory: acmeDns,
  secrets: ["password"],
  parse,
  preflight,
  challenge,
  present,
});
