import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { AzureDnsClient, type AzureDnsSpec } from "./cloud/azureDnsClient";
import { clientPerSpec } from "./cloud/clients";
import { cloudSolver } from "./cloud/cloudSolver";
import { parseCredential } from "./cloud/credential";
import { parseEndpoint } from "./cloud/endpoint";
import { optionalText, propertiesOf, requiredText, shown } from "./description";
import { type DnsArgs, dnsArgNames, parseDnsArgs } from "./dns/options";
import { defineSolver } from "./solver";

/** Arguments of `azureDns`. Changing any of them takes effect with the next order. */
export interface AzureDnsArgs extends DnsArgs {
  /** The subscription of the zones, a GUID. */
  readonly subscriptionId: Input<string>;
  /** The resource group of the zones. */
  readonly resourceGroup: Input<string>;
  /**
   * The tenant of a service principal, a GUID or a domain. Leave it out to use what the environment offers: variables,
   * workload identity, managed identity, the Azure CLI.
   * @default the default credentials of `@azure/identity`
   */
  readonly tenantId?: Input<string>;
  /** The application id of the service principal; without tenantId that of a user-assigned managed identity. Changing it takes effect with the next order. @default none */
  readonly clientId?: Input<string>;
  /** The client secret of the service principal; needed with tenantId. Kept out of the state; changing it takes effect with the next order. @default none */
  readonly clientSecret?: Input<string>;
  /** Base URL of Azure Resource Manager. @default "https://management.azure.com" */
  readonly endpoint?: Input<string>;
  /** Base URL of Microsoft Entra ID, for tenantId. @default "https://login.microsoftonline.com" */
  readonly authorityHost?: Input<string>;
}

/** What `azureDns` returns. */
export type AzureDnsSolver = AzureDnsArgs & { readonly kind: "azureDns" };

/**
 * Answers dns-01 with TXT records in public zones of Azure DNS (RFC 8555, 8.4). Values of others in the same record set
 * stay, also those that come while it is changed: it is written only as it was read, by its ETag. The role DNS Zone
 * Contributor on the zone suffices. Without tenantId it needs the package `@azure/identity`.
 */
export function azureDns(args: AzureDnsArgs): AzureDnsSolver {
  return { kind: "azureDns", ...args };
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const groupName = /^[\p{L}\p{N}_().-]{1,90}$/u;

function parse(value: unknown, property: string): AzureDnsSpec {
  const names = [
    "subscriptionId",
    "resourceGroup",
    "tenantId",
    "clientId",
    "clientSecret",
    "endpoint",
    "authorityHost",
  ];
  const given = propertiesOf(value, property, { name: "azureDns", known: [...names, ...dnsArgNames] });
  const matching = (name: string, text: string | undefined, pattern: RegExp, what: string): string | undefined => {
    if (text === undefined || pattern.test(text)) return text;
    throw invalidArgument(`${property}.${name}`, `${shown(text)} is no ${what}.`, "Copy it from the Azure portal.");
  };
  const required = (name: string, pattern: RegExp, what: string): string =>
    matching(name, requiredText(given[name], `${property}.${name}`, `Give the ${what}.`), pattern, what) as string;
  const optional = (name: string, pattern: RegExp, what: string): string | undefined =>
    matching(name, optionalText(given[name], `${property}.${name}`, `Give the ${what}.`), pattern, what);
  const spec = {
    subscriptionId: required("subscriptionId", guid, "id of a subscription"),
    resourceGroup: required("resourceGroup", groupName, "name of a resource group"),
    tenantId: optional("tenantId", /^[\w.-]+$/, "id of a tenant"),
    clientId: optional("clientId", guid, "application id"),
    clientSecret: parseCredential(given.clientSecret, `${property}.clientSecret`, "the service principal's secret"),
    endpoint: parseEndpoint(given.endpoint, `${property}.endpoint`, "https://management.azure.com"),
    authorityHost: parseEndpoint(given.authorityHost, `${property}.authorityHost`, "https://login.microsoftonline.com"),
    dns: parseDnsArgs(given, property),
  };
  const isPrincipal = (spec.tenantId ?? spec.clientSecret) !== undefined;
  for (const name of ["tenantId", "clientId"] as const) {
    if (!isPrincipal || spec[name] !== undefined) continue;
    const fix = "A service principal needs tenantId, clientId and clientSecret; leave out all for managed identity.";
    throw invalidArgument(`${property}.${name}`, "is missing.", fix);
  }
  return spec;
}

/** dns-01 by Azure DNS. */
export const azureDnsSolver = defineSolver<AzureDnsSpec, AzureDnsSolver>({
  kind: "azureDns",
  factory: azureDns,
  secrets: ["clientSecret"],
  parse,
  ...cloudSolver(clientPerSpec((spec: AzureDnsSpec) => new AzureDnsClient(spec))),
});
