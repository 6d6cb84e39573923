import * as pulumi from "@pulumi/pulumi";
import type {
  AcmeDnsSolver,
  AzureDnsSolver,
  CloudflareSolver,
  DigitalOceanSolver,
  GoogleCloudDnsSolver,
  Rfc2136Solver,
  Route53Solver,
  SolverArgs,
} from "../../../sdk";
import { refusal } from "../../refuse";

/** What cert-manager answers dns-01 with, in its own form. */
export type DnsFields = Record<string, pulumi.Input<unknown>>;

/** Where a solver stands, and what keeps its credentials. */
export interface DnsContext {
  /** The path of its description, such as `acme.solvers[0].dns01`. */
  readonly path: string;
  /** The names that it is for. */
  readonly dnsNames: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Puts a text into the secret of the solvers, and says where cert-manager finds it. */
  secret(what: string, text: pulumi.Input<string | undefined>): pulumi.Input<unknown>;
}

type Solver = NonNullable<SolverArgs["dns01"]>;
type Fields<Of> = (solver: Of, context: DnsContext) => DnsFields;

const environments: Readonly<Record<string, string>> = {
  "https://management.azure.com": "AzurePublicCloud",
  "https://management.usgovcloudapi.net": "AzureUSGovernmentCloud",
  "https://management.chinacloudapi.cn": "AzureChinaCloud",
};
const tsigAlgorithms: Readonly<Record<string, string>> = {
  "hmac-sha256": "HMACSHA256",
  "hmac-sha512": "HMACSHA512",
};

/** The kinds that cert-manager has too (cert-manager.io/docs/configuration/acme/dns01). */
const kinds = {
  route53: ((solver, context) => {
    refuseGiven(solver, ["sessionToken", "externalId", "endpoint", "stsEndpoint"], context);
    const { accessKeyId, secretAccessKey, hostedZoneId, region = "us-east-1", roleArn } = solver;
    return {
      route53: {
        region,
        hostedZoneID: hostedZoneId,
        accessKeyID: accessKeyId,
        secretAccessKeySecretRef: secretAccessKey && context.secret("secretAccessKey", secretAccessKey),
        role: roleArn,
      },
    };
  }) satisfies Fields<Route53Solver>,

  cloudflare: ((solver, context) => {
    refuseGiven(solver, ["endpoint"], context);
    return { cloudflare: { apiTokenSecretRef: context.secret("apiToken", solver.apiToken) } };
  }) satisfies Fields<CloudflareSolver>,

  digitalOcean: ((solver, context) => {
    refuseGiven(solver, ["endpoint"], context);
    return { digitalocean: { tokenSecretRef: context.secret("token", solver.token) } };
  }) satisfies Fields<DigitalOceanSolver>,

  azureDns: ((solver, context) => {
    const { subscriptionId, resourceGroup, tenantId, clientId, clientSecret, endpoint } = solver;
    const credentials =
      tenantId === undefined
        ? { managedIdentity: clientId && { clientID: clientId } }
        : {
            tenantID: tenantId,
            clientID: clientId,
            clientSecretSecretRef: clientSecret && context.secret("clientSecret", clientSecret),
          };
    return {
      azureDNS: {
        subscriptionID: subscriptionId,
        resourceGroupName: resourceGroup,
        ...credentials,
        environment: endpoint && translated(endpoint, environments, `${context.path}.endpoint`),
      },
    };
  }) satisfies Fields<AzureDnsSolver>,

  googleCloudDns: ((solver, context) => {
    refuseGiven(solver, ["endpoint"], context);
    const { project, managedZone, serviceAccountKey } = solver;
    return {
      cloudDNS: {
        project,
        hostedZoneName: managedZone,
        serviceAccountSecretRef: serviceAccountKey && context.secret("serviceAccountKey", serviceAccountKey),
      },
    };
  }) satisfies Fields<GoogleCloudDnsSolver>,

  rfc2136: ((solver, context) => {
    refuseGiven(solver, ["zone"], context);
    const { server, keyName, key, algorithm = "hmac-sha256" } = solver;
    const signed = keyName !== undefined && {
      tsigKeyName: keyName,
      tsigAlgorithm: translated(algorithm, tsigAlgorithms, `${context.path}.algorithm`),
      tsigSecretSecretRef: context.secret("key", key),
    };
    return { rfc2136: { nameserver: server, ...signed } };
  }) satisfies Fields<Rfc2136Solver>,

  acmeDns: ((solver, context) => {
    refuseGiven(solver, ["caBundlePem"], context);
    const { dnsNames, path } = context;
    if (dnsNames === undefined)
      throw refusal(
        path,
        "cert-manager keeps a registration at acme-dns for each name, and this solver names none.",
        `Give \`dnsNames\` beside \`dns01\`.`,
      );
    const { url, username, password, subdomain } = solver;
    const accounts = pulumi.all([dnsNames, url, username, password, subdomain]).apply(([names, host, ...account]) => {
      const [user, secret, domain] = account;
      const fulldomain = `${domain}.${new URL(host).hostname}`;
      const registration = { username: user, password: secret, fulldomain, subdomain: domain, allowfrom: [] };
      return JSON.stringify(Object.fromEntries(names.map((name) => [name.replace(/^\*\./, ""), registration])));
    });
    return { acmeDNS: { host: url, accountSecretRef: context.secret("accounts", accounts) } };
  }) satisfies Fields<AcmeDnsSolver>,
};

/** A dns-01 solver of ours as cert-manager's, following CNAME records as ours do. Others are refused. */
export function dnsFields(solver: Solver, context: DnsContext): DnsFields {
  const { kind } = solver;
  const fields = Object.hasOwn(kinds, kind) ? (kinds[kind as keyof typeof kinds] as Fields<Solver>) : undefined;
  if (fields === undefined)
    throw refusal(
      context.path,
      `cert-manager has no solver of the kind ${kind}.`,
      `Use one of ${Object.keys(kinds).join(", ")}; or lead _acme-challenge by a CNAME record into a zone that one of them reaches; ` +
        "or run a webhook solver of cert-manager and give it in `solvers` as { webhook: { … } }.",
    );
  return { cnameStrategy: "Follow", ...fields(solver, context) };
}

function refuseGiven<Of extends object>(solver: Of, names: readonly (keyof Of & string)[], { path }: DnsContext): void {
  for (const name of names)
    if (solver[name] !== undefined)
      throw refusal(
        `${path}.${name}`,
        "cert-manager has no such setting.",
        "Give a solver of its own in `acme.solvers`.",
      );
}

function translated(
  value: pulumi.Input<string>,
  names: Readonly<Record<string, string>>,
  path: string,
): pulumi.Output<string> {
  return pulumi.output(value).apply((known) => {
    const name = names[known.replace(/\/$/, "")];
    if (name !== undefined) return name;
    throw refusal(path, `cert-manager does not know "${known}".`, `Use one of: ${Object.keys(names).join(", ")}.`);
  });
}
