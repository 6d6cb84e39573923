import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy, EndpointVerification } from "../../sdk";
import { explained } from "../explain";
import { dnsNamesOf, refuseUncovered } from "../hosts";
import { ownerLabels } from "../owner";
import { checked, refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { verified } from "../verified";
import { ingressExplanations } from "./explanations";
import { type Labels, mergedLabels } from "./labels";
import { placed } from "./names";
import { type ServingArgs, ownSecret } from "./ownSecret";

type Rule = kubernetes.types.input.networking.v1.IngressRule;

/** Arguments of an {@link IngressTls}. */
export interface IngressTlsArgs extends ServingArgs {
  /** What the Ingress serves. Another certificate **updates in place**: the secret changes, the Ingress does not. */
  certificate: CertificateToDeploy;
  /** The namespace of the Ingress and its secret. Changing it **replaces**. @default that of the provider */
  namespace?: pulumi.Input<string>;
  /** The secret's name. Changing it **replaces** the secret and updates the Ingress. @default the name of the resource and `-tls` */
  secretName?: pulumi.Input<string>;
  /**
   * An Ingress that is there, of another owner, whose `spec.tls` becomes that of this certificate. Nothing else of it is
   * touched. Changing it **replaces**: the other one gives its `spec.tls` up. @default an Ingress is created
   */
  ingressName?: pulumi.Input<string>;
  /** The class of the Ingress that is created. Changing it **updates in place**. @default the cluster's default class */
  className?: pulumi.Input<string>;
  /** The rules of the Ingress that is created; the certificate must be for their hosts. Changing them **updates in place**. @default none */
  rules?: pulumi.Input<pulumi.Input<Rule>[]>;
  /** Where requests go that no rule matches. Changing it **updates in place**. @default none */
  defaultBackend?: pulumi.Input<kubernetes.types.input.networking.v1.IngressBackend>;
  /** The hosts for which the certificate is served. Changing them **updates in place**. @default its DNS names */
  hosts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Annotations of the Ingress, such as those of its controller. Changing them **updates in place**. @default none */
  annotations?: Labels;
  /**
   * Whether the secret, and with `ingressName` the list `spec.tls`, are taken over from who manages them.
   * Changing it **updates in place**. @default false: the run fails and says who manages them
   */
  takeOver?: boolean;
  /** A last word on its children. */
  transform?: {
    /** The secret. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
    /** The Ingress that is created. */
    ingress?: Transform<kubernetes.networking.v1.IngressArgs>;
    /** What binds to the Ingress of `ingressName`. */
    binding?: Transform<kubernetes.networking.v1.IngressPatchArgs>;
  };
}

/** One entry of an Ingress's `spec.tls`. */
export interface IngressTlsEntry {
  /** The hosts for which the secret's certificate is served. */
  hosts: string[];
  /** The secret. */
  secretName: string;
}

/**
 * An Ingress that serves a certificate: its TLS secret, which rotates in place, and the Ingress itself, or the
 * `spec.tls` of one that is there. A rotation changes the secret, which controllers take up by themselves, and nothing else.
 *
 * Deleting it deletes what it created; an Ingress of another owner stays, without the `spec.tls`.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example.com"] });
 * new IngressTls("web", {
 *   certificate: web,
 *   namespace: "site",
 *   className: "nginx",
 *   rules: [
 *     {
 *       host: "web.example.com",
 *       http: {
 *         paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
 *       },
 *     },
 *   ],
 * });
 */
export class IngressTls extends pulumi.ComponentResource {
  /** The name of the Ingress. */
  readonly ingressName: pulumi.Output<string>;
  /** The secret's name, known to dependents once it holds the certificate. */
  readonly secretName: pulumi.Output<string>;
  /** What stands in `spec.tls`: for owners of an Ingress who set it themselves, beside a `TlsSecret`. */
  readonly tls: pulumi.Output<IngressTlsEntry[]>;
  /** Present with `verify`. */
  readonly verification: EndpointVerification | undefined;

  constructor(name: string, args: IngressTlsArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:IngressTls", name, {}, options);
    refuseContradictions(args);
    const { certificate, namespace } = args;
    const dnsNames = dnsNamesOf(certificate);
    refuseUncoveredRules(args.rules, dnsNames);
    const secret = ownSecret(name, args, namespace, this);
    this.secretName = secret.secretName;
    this.tls = pulumi
      .all([hostsOf(args.hosts, dnsNames), this.secretName])
      .apply(([hosts, secretName]) => [{ hosts, secretName }]);
    const ingress = args.ingressName === undefined ? this.create(name, args) : this.bind(name, args, args.ingressName);
    this.ingressName = ingress.metadata.name;
    this.verification = verified(name, certificate, args.verify, this, [ingress]);
    this.registerOutputs({ ingressName: this.ingressName, secretName: this.secretName, tls: this.tls });
  }

  private create(name: string, args: IngressTlsArgs): kubernetes.networking.v1.Ingress {
    const { className, rules, defaultBackend } = args;
    const place = placed(name, args.namespace, { name: "name" });
    const labels = mergedLabels(args.labels, ownerLabels(args.owner));
    const ingress: kubernetes.networking.v1.IngressArgs = {
      metadata: { ...place, labels, ...(args.annotations && { annotations: args.annotations }) },
      spec: {
        ...(className !== undefined && { ingressClassName: className }),
        ...(rules !== undefined && { rules }),
        ...(defaultBackend !== undefined && { defaultBackend }),
        tls: this.tls,
      },
    };
    const options = explained("kubernetes ingress", ingressExplanations, { parent: this });
    return new kubernetes.networking.v1.Ingress(...transformed(args.transform?.ingress, name, ingress, options));
  }

  private bind(
    name: string,
    args: IngressTlsArgs,
    ingressName: pulumi.Input<string>,
  ): kubernetes.networking.v1.IngressPatch {
    const place = placed(ingressName, args.namespace, { name: "ingressName" });
    const force: Record<string, string> = args.takeOver ? { "pulumi.com/patchForce": "true" } : {};
    const annotations = mergedLabels(args.annotations, force);
    const patch = { metadata: { ...place, annotations }, spec: { tls: this.tls } };
    const options = explained("kubernetes ingress", ingressExplanations, { parent: this });
    return new kubernetes.networking.v1.IngressPatch(...transformed(args.transform?.binding, name, patch, options));
  }
}

function refuseContradictions({ ingressName, ...created }: IngressTlsArgs): void {
  const own = (["className", "rules", "defaultBackend"] as const).filter((key) => created[key] !== undefined);
  if (ingressName !== undefined && own[0] !== undefined)
    throw refusal(
      own[0],
      "it belongs to an Ingress that is created, and `ingressName` names one that is there.",
      `Leave out \`ingressName\` to create the Ingress, or ${own.map((key) => `\`${key}\``).join(" and ")} to bind to it.`,
    );
  if (ingressName === undefined && created.rules === undefined && created.defaultBackend === undefined)
    throw refusal(
      "rules",
      "an Ingress needs rules or a `defaultBackend`.",
      "Give them, or `ingressName` for an Ingress that is there. For the secret alone use a TlsSecret.",
    );
}

/** A rule whose host is not known yet is left to the run. */
function refuseUncoveredRules(rules: IngressTlsArgs["rules"], dnsNames: pulumi.Output<string[]>): void {
  const refuse = (host: string | undefined, index: number, names: string[]) => {
    if (host) refuseUncovered(`rules[${index}].host`, host, names);
  };
  if (Array.isArray(rules))
    rules.forEach((rule, index) => {
      const host = pulumi.Output.isInstance(rule)
        ? pulumi.output(rule).apply((known) => known.host)
        : (rule as Rule).host;
      checked(pulumi.all([host, dnsNames]), ([known, names]) => refuse(known, index, names));
    });
  else if (rules !== undefined)
    checked(pulumi.all([rules, dnsNames]), ([all, names]) =>
      all.forEach(({ host }, index) => refuse(host, index, names)),
    );
}

function hostsOf(hosts: IngressTlsArgs["hosts"], dnsNames: pulumi.Output<string[]>): pulumi.Output<string[]> {
  if (hosts === undefined) return dnsNames;
  const known = pulumi.output(hosts) as pulumi.Output<string[]>;
  checked(pulumi.all([known, dnsNames]), ([all, names]) =>
    all.forEach((host, index) => refuseUncovered(`hosts[${index}]`, host, names)),
  );
  return known;
}
