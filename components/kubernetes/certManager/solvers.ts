import type * as pulumi from "@pulumi/pulumi";
import type { SolverArgs } from "../../../sdk";
import { refusal } from "../../refuse";
import { type DnsFields, dnsFields } from "./dns";

/** How cert-manager proves control of names from inside the cluster: exactly one of `http01` and `dns01`. */
export interface CertManagerSolverArgs {
  /** Exact names, `*.example.com` for a wildcard. Changing them **updates in place**. @default all names */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** These zones and everything below them. Changing them **updates in place**. @default all names */
  dnsZones?: pulumi.Input<pulumi.Input<string>[]>;
  /** Labels of the Certificates that it is for. Changing them **updates in place**. @default all */
  matchLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Answers http-01 from pods that cert-manager starts, in its own form: `{ ingress: { ingressClassName: "nginx" } }` or
   * `{ gatewayHTTPRoute: { parentRefs: […] } }`. Changing it **updates in place**. @default none
   */
  http01?: { ingress: pulumi.Input<object> } | { gatewayHTTPRoute: pulumi.Input<object> };
  /**
   * Answers dns-01: a solver of this package that cert-manager has too, or one of its webhooks in its own form.
   * Changing it **updates in place**. @default none
   */
  dns01?: SolverArgs["dns01"] | { webhook: pulumi.Input<object> };
}

/** Solvers as `spec.acme.solvers`, and what belongs into the secret beside them. */
export interface CertManagerSolvers {
  readonly solvers: Record<string, unknown>[];
  /** Texts by key of the secret. */
  readonly credentials: Record<string, pulumi.Input<string | undefined>>;
}

type AnySolver = SolverArgs | CertManagerSolverArgs;

/** @param secretName of the secret that will hold the credentials */
export function certManagerSolvers(
  property: string,
  solvers: readonly AnySolver[],
  secretName: pulumi.Input<string>,
): CertManagerSolvers {
  const credentials: CertManagerSolvers["credentials"] = {};
  const mapped = solvers.map((solver, at): Record<string, unknown> => {
    const path = `${property}[${at}]`;
    const { dnsNames, dnsZones, matchLabels, http01, dns01, ...others } = solver as AnySolver & CertManagerSolverArgs;
    for (const [name, value] of Object.entries(others))
      if (value !== undefined) throw inCluster(`${path}.${name}`, name);
    if ((http01 === undefined) === (dns01 === undefined))
      throw refusal(path, "it must have exactly one of http01 and dns01.", inClusterFix);
    const selector = defined({ dnsNames, dnsZones, matchLabels });
    const answer = http01 === undefined ? { dns01: dns(dns01, `${path}.dns01`) } : { http01: http(http01, path) };
    return { ...(Object.keys(selector).length > 0 && { selector }), ...answer };

    function dns(given: CertManagerSolverArgs["dns01"], own: string): DnsFields {
      if (given === undefined || "webhook" in given) return { ...given };
      const secret = (what: string, text: pulumi.Input<string | undefined>): pulumi.Input<unknown> => {
        credentials[`${at}-${what}`] = text;
        return { name: secretName, key: `${at}-${what}` };
      };
      const { cnameStrategy, ...fields } = dnsFields(given, { path: own, dnsNames, secret });
      const [[name, settings] = ["", {}]] = Object.entries(fields);
      return { cnameStrategy, [name]: defined(settings as object) };
    }
  });
  return { solvers: mapped, credentials };
}

function http(given: object, path: string): Record<string, unknown> {
  if ("kind" in given) throw inCluster(`${path}.http01`, `${String(given.kind)}()`);
  if ("ingress" in given !== "gatewayHTTPRoute" in given) return { ...given };
  throw refusal(`${path}.http01`, "it is neither an ingress nor a gatewayHTTPRoute.", inClusterFix);
}

const inClusterFix =
  'Give `acme.solvers` for the cluster: { http01: { ingress: { ingressClassName: "nginx" } } }, or a `dns01` that cert-manager has.';

const inCluster = (path: string, what: string): Error =>
  refusal(path, `${what} answers from the machine that runs Pulumi, which cert-manager does not.`, inClusterFix);

function defined(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
