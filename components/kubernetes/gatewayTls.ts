import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy, EndpointVerification } from "../../sdk";
import { explained } from "../explain";
import { dnsNamesOf } from "../hosts";
import { ownerLabels } from "../owner";
import { refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { verified } from "../verified";
import { gatewayExplanations, objectExplanations } from "./explanations";
import { boundListeners } from "./gateway/boundListeners";
import { type GatewayListenerArgs, listenersOf } from "./gateway/listeners";
import { type Labels, mergedLabels } from "./labels";
import { placed } from "./names";
import { type ServingArgs, ownSecret } from "./ownSecret";

type CustomResourceArgs = kubernetes.apiextensions.CustomResourceArgs;
type CustomResourcePatchArgs = kubernetes.apiextensions.CustomResourcePatchArgs;

/** Arguments of a {@link GatewayTls}. */
export interface GatewayTlsArgs extends ServingArgs {
  /** What the Gateway serves. Another certificate **updates in place**: the secret changes, the Gateway does not. */
  certificate: CertificateToDeploy;
  /** The namespace of the Gateway. Changing it **replaces**. @default that of the provider */
  namespace?: pulumi.Input<string>;
  /** The secret's name. Changing it **replaces** the secret and updates the Gateway. @default the name of the resource and `-tls` */
  secretName?: pulumi.Input<string>;
  /**
   * The namespace of the secret. Another one than that of the Gateway gets a ReferenceGrant, without which a Gateway may
   * not read it. Changing it **replaces** the secret. @default `namespace`
   */
  secretNamespace?: pulumi.Input<string>;
  /** The class of the Gateway that is created, such as `istio`, `cilium` or `nginx`. Changing it **updates in place**. @default none, with `gatewayName` */
  gatewayClassName?: pulumi.Input<string>;
  /**
   * A Gateway that is there, of another owner, which gets the listeners beside those that it has; a preview shows their
   * change as a replacement, which is applied in place. Changing it **replaces**: the other one loses them. @default a Gateway is created
   */
  gatewayName?: pulumi.Input<string>;
  /** Where it listens. Changing them **updates in place**. @default a listener for HTTPS on port 443 for each DNS name of the certificate */
  listeners?: GatewayListenerArgs[];
  /** Annotations of the Gateway that is created. Changing them **updates in place**. @default none */
  annotations?: Labels;
  /**
   * Whether the secret, and listeners of the same names, are taken over from who manages them.
   * Changing it **updates in place**. @default false: the run fails and says who manages them
   */
  takeOver?: boolean;
  /** A last word on its children. */
  transform?: {
    /** The secret. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
    /** The Gateway that is created. */
    gateway?: Transform<CustomResourceArgs>;
    /** What adds the listeners to the Gateway of `gatewayName`. */
    binding?: Transform<CustomResourcePatchArgs>;
    /** The ReferenceGrant. */
    referenceGrant?: Transform<CustomResourceArgs>;
  };
}

const group = "gateway.networking.k8s.io";

/**
 * A Gateway of the Gateway API that serves a certificate: its TLS secret, which rotates in place, and the Gateway, or
 * listeners on one that is there. A rotation changes the secret, which controllers take up by themselves, and nothing else.
 *
 * Deleting it deletes what it created; a Gateway of another owner stays, without the listeners.
 *
 * @example
 * const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["*.apps.example.com"] });
 * new GatewayTls("edge", { certificate: web, namespace: "gateways", gatewayClassName: "cilium" });
 */
export class GatewayTls extends pulumi.ComponentResource {
  /** The name of the Gateway. */
  readonly gatewayName: pulumi.Output<string>;
  /** The names of the listeners: `sectionName` of a route that belongs to one of them. */
  readonly listenerNames: pulumi.Output<string[]>;
  /** The secret's name, known to dependents once it holds the certificate. */
  readonly secretName: pulumi.Output<string>;
  /** Present with `verify`. */
  readonly verification: EndpointVerification | undefined;

  constructor(name: string, args: GatewayTlsArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:GatewayTls", name, {}, options);
    refuseContradictions(args);
    const { certificate, namespace, secretNamespace, takeOver } = args;
    const secret = ownSecret(name, args, secretNamespace ?? namespace, this);
    this.secretName = secret.secretName;
    const reference = {
      kind: "Secret",
      name: this.secretName,
      ...(secretNamespace !== undefined && { namespace: secretNamespace }),
    };
    const listeners = listenersOf(args.listeners, dnsNamesOf(certificate), reference);
    this.listenerNames = listeners.apply((all) => all.map((listener) => listener.name));
    const grant = secretNamespace === undefined ? undefined : this.grant(name, args, secretNamespace);
    const after = grant === undefined ? [] : [grant];
    const gateway =
      args.gatewayName === undefined
        ? this.create(name, args, listeners, after)
        : boundListeners(name, {
            ...{ parent: this, dependsOn: after, listeners, takeOver: takeOver ?? false },
            place: placed(args.gatewayName, namespace, { name: "gatewayName" }),
            transform: args.transform?.binding,
          });
    this.gatewayName = gateway.metadata.name;
    this.verification = verified(name, certificate, args.verify, this, [gateway]);
    this.registerOutputs({
      gatewayName: this.gatewayName,
      listenerNames: this.listenerNames,
      secretName: this.secretName,
    });
  }

  private create(name: string, args: GatewayTlsArgs, listeners: pulumi.Output<object[]>, dependsOn: pulumi.Resource[]) {
    const place = placed(name, args.namespace, { name: "name" });
    const labels = mergedLabels(args.labels, ownerLabels(args.owner));
    const gateway: CustomResourceArgs = {
      ...{ apiVersion: `${group}/v1`, kind: "Gateway" },
      metadata: { ...place, labels, ...(args.annotations && { annotations: args.annotations }) },
      spec: { gatewayClassName: args.gatewayClassName, listeners },
    };
    const options = explained("kubernetes gateway", gatewayExplanations, { parent: this, dependsOn });
    return new kubernetes.apiextensions.CustomResource(...transformed(args.transform?.gateway, name, gateway, options));
  }

  private grant(name: string, args: GatewayTlsArgs, secretNamespace: pulumi.Input<string>) {
    const place = placed(args.secretName ?? `${name}-tls`, secretNamespace, {
      name: "secretName",
      namespace: "secretNamespace",
    });
    const grant: CustomResourceArgs = {
      // v1beta1 is served by every release that has Gateways of v1.
      ...{ apiVersion: `${group}/v1beta1`, kind: "ReferenceGrant" },
      metadata: { ...place, labels: mergedLabels(args.labels, ownerLabels(args.owner)) },
      spec: {
        from: [{ group, kind: "Gateway", namespace: args.namespace }],
        to: [{ group: "", kind: "Secret", name: place.name }],
      },
    };
    const options = explained("kubernetes object", objectExplanations, { parent: this });
    return new kubernetes.apiextensions.CustomResource(
      ...transformed(args.transform?.referenceGrant, `${name}-grant`, grant, options),
    );
  }
}

function refuseContradictions(args: GatewayTlsArgs): void {
  const { gatewayName, gatewayClassName } = args;
  if (gatewayName !== undefined && gatewayClassName !== undefined)
    throw refusal(
      "gatewayClassName",
      "it belongs to a Gateway that is created, and `gatewayName` names one that is there.",
      "Leave out one of the two.",
    );
  if (gatewayName === undefined && gatewayClassName === undefined)
    throw refusal(
      "gatewayClassName",
      "a Gateway needs a class.",
      "Give it, or `gatewayName` for a Gateway that is there. `kubectl get gatewayclasses` lists the classes.",
    );
  if (args.secretNamespace !== undefined && args.namespace === undefined)
    throw refusal(
      "namespace",
      "it is the namespace that is granted to read the secret of another one, so it must be known.",
      "Give the namespace of the Gateway.",
    );
}
