import type { Input } from "@pulumi/pulumi";
import { invalidArgument } from "../errors";
import { clientPerSpec } from "./cloud/clients";
import { cloudSolver } from "./cloud/cloudSolver";
import { parseEndpoint } from "./cloud/endpoint";
import { GoogleCloudDnsClient, type GoogleCloudDnsSpec } from "./cloud/googleCloudDnsClient";
import { parseServiceAccountKey } from "./cloud/serviceAccountKey";
import { optionalText, propertiesOf, requiredText, shown } from "./description";
import { type DnsArgs, dnsArgNames, parseDnsArgs } from "./dns/options";
import { defineSolver } from "./solver";

/** Arguments of `googleCloudDns`. Changing any of them takes effect with the next order. */
export interface GoogleCloudDnsArgs extends DnsArgs {
  /** Id of the project that has the zones. */
  readonly project: Input<string>;
  /**
   * Name of the managed zone: for credentials that must not list zones, or a domain that has several.
   * @default the public zone with the longest DNS name that holds the record
   */
  readonly managedZone?: Input<string>;
  /**
   * The key file of a service account, as its JSON text. A secret. Leave it out to use what the environment offers, such
   * as workload identity, and set `useEnvironment`. Changing it takes effect with the next order.
   * @default none
   */
  readonly serviceAccountKey?: Input<string>;
  /** Whether the application default credentials of the environment are used. @default false */
  readonly useEnvironment?: Input<boolean>;
  /** Base URL of the API. @default "https://dns.googleapis.com" */
  readonly endpoint?: Input<string>;
}

/** What `googleCloudDns` returns. */
export type GoogleCloudDnsSolver = GoogleCloudDnsArgs & { readonly kind: "googleCloudDns" };

/**
 * Answers dns-01 with TXT records in public zones of Google Cloud DNS (RFC 8555, 8.4). Values of others in the same record
 * set stay, also those that come while it is changed. The role roles/dns.admin suffices. With useEnvironment it needs
 * the package `google-auth-library`.
 */
export function googleCloudDns(args: GoogleCloudDnsArgs): GoogleCloudDnsSolver {
  return { kind: "googleCloudDns", ...args };
}

function parse(value: unknown, property: string): GoogleCloudDnsSpec {
  const names = ["project", "managedZone", "serviceAccountKey", "useEnvironment", "endpoint"];
  const given = propertiesOf(value, property, { name: "googleCloudDns", known: [...names, ...dnsArgNames] });
  const project = requiredText(given.project, `${property}.project`, "Give the id of the project.");
  if (!/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,29}$/.test(project)) {
    const problem = `${shown(project)} is no id of a project.`;
    throw invalidArgument(`${property}.project`, problem, "Give its id, as in my-project-123, and not its name.");
  }
  const managedZone = optionalText(given.managedZone, `${property}.managedZone`, "Give the name of the zone.");
  if (managedZone !== undefined && !/^[a-z0-9-]{1,63}$/.test(managedZone)) {
    const problem = `${shown(managedZone)} is no name of a managed zone.`;
    throw invalidArgument(`${property}.managedZone`, problem, "Give its name, as in example-com, and not its domain.");
  }
  const { useEnvironment = false } = given;
  if (typeof useEnvironment !== "boolean" || (useEnvironment && given.serviceAccountKey !== undefined)) {
    const problem = useEnvironment === true ? "contradicts serviceAccountKey." : "is neither true nor false.";
    throw invalidArgument(
      `${property}.useEnvironment`,
      problem,
      "Use one of useEnvironment: true and serviceAccountKey.",
    );
  }
  return {
    project,
    managedZone,
    serviceAccountKey: parseServiceAccountKey(given.serviceAccountKey, `${property}.serviceAccountKey`),
    useEnvironment,
    endpoint: parseEndpoint(given.endpoint, `${property}.endpoint`, "https://dns.googleapis.com"),
    dns: parseDnsArgs(given, property),
  };
}

/** dns-01 by Google Cloud DNS. */
export const googleCloudDnsSolver = defineSolver<GoogleCloudDnsSpec, GoogleCloudDnsSolver>({
  kind: "googleCloudDns",
  factory: googleCloudDns,
  secrets: ["serviceAccountKey"],
  parse,
  ...cloudSolver(clientPerSpec((spec: GoogleCloudDnsSpec) => new GoogleCloudDnsClient(spec))),
});
