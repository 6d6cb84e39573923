import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy, EndpointVerification } from "../../sdk";
import { explained } from "../explain";
import { dnsNamesOf, refuseUncovered } from "../hosts";
import { ownerLabels } from "../owner";
import { checked, refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { verified } from "../verified";
import { clientTrust } from "./gateway/clientTrust";
import { gatewayExplanations } from "./explanations";
import { type Labels, mergedLabels } from "./labels";
import { placed } from "./names";
import { type ServingArgs, ownSecret } from "./ownSecret";

type CustomResourceArgs = kubernetes.apiextensions.CustomResourceArgs;

/** Where and for which hosts an Istio gateway serves the certificate. */
export interface IstioServerArgs {
  /** The hosts, `web.example.com` or `namespace/web.example.com`. Changing them **updates in place**. @default the DNS names of the certificate */
  hosts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Changing it **updates in place**. @default 443 */
  port?: number;
  /** `HTTPS`, or `TLS` for connections that carry something else than HTTP. Changing it **updates in place**. @default `HTTPS` */
  protocol?: "HTTPS" | "TLS";
  /** The name of the port, one of its own in the Gateway. Changing it **updates in place**. @default the protocol and the port, `https-443` */
  name?: string;
}

/** Arguments of an {@link IstioGatewayTls}. */
export interface IstioGatewayTlsArgs extends ServingArgs {
  /** What the gateway serves. Another certificate **updates in place**: Envoy takes it up without a restart. */
  certificate: CertificateToDeploy;
  /** The namespace of the Gateway resource. Changing it **replaces**. @default that of the provider */
  namespace?: pulumi.Input<string>;
  /** The namespace in which the gateway's pods run, where they look for the secret. Changing it **replaces** the secret. @default `namespace` */
  secretNamespace?: pulumi.Input<string>;
  /**
   * The secret's name, the Gateway's `credentialName`. With client certificates no secret of this name and `-cacert` may
   * be there: its CA would come first. Changing it **replaces** the secret. @default the name of the resource and `-tls`
   */
  secretName?: pulumi.Input<string>;
  /** Labels of the gateway's pods. Changing it **updates in place**. @default `{ istio: "ingressgateway" }` */
  selector?: Labels;
  /** Where it serves. Changing them **updates in place**. @default the DNS names of the certificate on port 443 */
  servers?: IstioServerArgs[];
  /**
   * Whether clients need a certificate: `SIMPLE` no, `MUTUAL` yes, `OPTIONAL_MUTUAL` those that present one.
   * Changing it **updates in place**. @default `SIMPLE`
   */
  mode?: "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL";
  /** The roots of client certificates, PEM, with `MUTUAL` and `OPTIONAL_MUTUAL`. Changing it **updates in place**. @default none */
  clientCaPem?: pulumi.Input<string>;
  /** The revocation list of client certificates, PEM. Changing it **updates in place**. @default none */
  clientCrlPem?: pulumi.Input<string>;
  /** The oldest version of TLS. Changing it **updates in place**. @default 1.2 */
  minProtocolVersion?: "TLSV1_2" | "TLSV1_3";
  /** Annotations of the Gateway. Changing them **updates in place**. @default none */
  annotations?: Labels;
  /**
   * Whether a secret that is there, whoever keeps it, becomes this one. It then stays when this resource is deleted,
   * until `takeOver` is taken off again. Changing it **updates in place**. @default false: the run fails and says so
   */
  takeOver?: boolean;
  /** A last word on its children. */
  transform?: {
    /** The secret. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
    /** The Gateway. */
    gateway?: Transform<CustomResourceArgs>;
  };
}

/**
 * A Gateway of Istio that serves a certificate, with or without client certificates: the secret, in the namespace of
 * the gateway's pods, and the Gateway that names it. A rotation changes the secret alone; Envoy gets it over its secret
 * discovery service, without a restart and without closing a connection. Deleting it deletes both.
 *
 * A Gateway of another owner takes a `TlsSecret` by its name: Istio's list of servers cannot be shared.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example.com"] });
 * new IstioGatewayTls("edge", { certificate: web, namespace: "site", secretNamespace: "istio-system" });
 */
export class IstioGatewayTls extends pulumi.ComponentResource {
  /** The name of the Gateway, for VirtualServices. */
  readonly gatewayName: pulumi.Output<string>;
  /** The secret's name, known to dependents once it holds the certificate. */
  readonly credentialName: pulumi.Output<string>;
  /** Present with `verify`. */
  readonly verification: EndpointVerification | undefined;

  constructor(name: string, args: IstioGatewayTlsArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:IstioGatewayTls", name, {}, options);
    refuseContradictions(args);
    const { certificate } = args;
    const secretNamespace = args.secretNamespace ?? args.namespace;
    const secret = ownSecret(
      name,
      args,
      secretNamespace,
      this,
      args.clientCaPem === undefined ? undefined : clientTrust(args.clientCaPem, args.clientCrlPem),
    );
    this.credentialName = secret.secretName;
    const place = placed(name, args.namespace, { name: "name" });
    const labels = mergedLabels(args.labels, ownerLabels(args.owner));
    const gatewayArgs: CustomResourceArgs = {
      ...{ apiVersion: "networking.istio.io/v1", kind: "Gateway" },
      metadata: { ...place, labels, ...(args.annotations && { annotations: args.annotations }) },
      spec: { selector: args.selector ?? { istio: "ingressgateway" }, servers: serversOf(args, this.credentialName) },
    };
    const gateway = new kubernetes.apiextensions.CustomResource(
      ...transformed(
        args.transform?.gateway,
        name,
        gatewayArgs,
        explained("kubernetes gateway", gatewayExplanations, { parent: this }),
      ),
    );
    this.gatewayName = gateway.metadata.name;
    this.verification = verified(name, certificate, args.verify, this, [gateway]);
    this.registerOutputs({ gatewayName: this.gatewayName, credentialName: this.credentialName });
  }
}

function serversOf(args: IstioGatewayTlsArgs, credentialName: pulumi.Output<string>): pulumi.Inputs[] {
  const { certificate, servers = [{}], mode = "SIMPLE", minProtocolVersion } = args;
  const dnsNames = dnsNamesOf(certificate);
  const names = new Set<string>();
  return servers.map(({ hosts, port = 443, protocol = "HTTPS", ...server }, index) => {
    const name = server.name ?? `${protocol.toLowerCase()}-${port}`;
    if (names.has(name))
      throw refusal(`servers[${index}].name`, `another port is named "${name}", too.`, "Give each a name of its own.");
    names.add(name);
    if (hosts !== undefined) refuseUncoveredHosts(`servers[${index}].hosts`, hosts, dnsNames);
    return {
      port: { number: port, name, protocol },
      hosts: hosts ?? dnsNames,
      tls: { mode, credentialName, ...(minProtocolVersion !== undefined && { minProtocolVersion }) },
    };
  });
}

/** A host may stand after a namespace; `*` is every host. */
function refuseUncoveredHosts(
  property: string,
  hosts: pulumi.Input<pulumi.Input<string>[]>,
  dnsNames: pulumi.Output<string[]>,
): void {
  checked(pulumi.all([hosts, dnsNames]), ([all, names]) =>
    all.forEach((each, index) => {
      const host = each.slice(each.indexOf("/") + 1);
      if (host !== "*") refuseUncovered(`${property}[${index}]`, host, names);
    }),
  );
}

function refuseContradictions({ mode = "SIMPLE", clientCaPem, clientCrlPem, servers }: IstioGatewayTlsArgs): void {
  if (mode !== "SIMPLE" && clientCaPem === undefined)
    throw refusal("clientCaPem", `${mode} needs the roots of client certificates.`, "Give them, or the mode SIMPLE.");
  if (mode === "SIMPLE" && clientCaPem !== undefined)
    throw refusal(
      "mode",
      "SIMPLE asks for no client certificates.",
      "Give MUTUAL or OPTIONAL_MUTUAL, or leave out `clientCaPem`.",
    );
  if (clientCrlPem !== undefined && clientCaPem === undefined)
    throw refusal("clientCrlPem", "a revocation list needs the roots it belongs to.", "Give `clientCaPem`.");
  if (servers?.length === 0)
    throw refusal("servers", "a Gateway needs at least one.", "Give one, or leave `servers` out.");
}
