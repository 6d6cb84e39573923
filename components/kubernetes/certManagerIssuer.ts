import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { explained } from "../explain";
import { type OwnerArgs, ownerLabels } from "../owner";
import { refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { type CertManagerAcmeArgs, certManagerAcme } from "./certManager/acme";
import { type CaWithKey, caUrls, signingCa } from "./certManager/ca";
import { certManagerExplanations } from "./certManager/explanations";
import { secretExplanations } from "./explanations";
import { type Labels, mergedLabels } from "./labels";
import { type MutableObject, mutableSecret } from "./mutableObject";
import { objectName, placed } from "./names";
import { joined } from "./tlsData";

/** Arguments of a resource of cert-manager, as they are sent. */
export type CertManagerResourceArgs = kubernetes.apiextensions.CustomResourceArgs;

/** Arguments of a {@link CertManagerIssuer}. */
export interface CertManagerIssuerArgs {
  /** A CA that cert-manager signs with inside the cluster. Another certificate or key of it **updates in place**. @default none: `acme` is given */
  ca?: CaWithKey;
  /** An ACME account that cert-manager orders with. Changing it **updates in place**. @default none: `ca` is given */
  acme?: CertManagerAcmeArgs;
  /** `Issuer` for one namespace, `ClusterIssuer` for all. Changing it **replaces**. @default `Issuer` */
  kind?: "Issuer" | "ClusterIssuer";
  /**
   * The namespace of the Issuer; of a ClusterIssuer the one where cert-manager looks for its secrets
   * (`--cluster-resource-namespace`). Changing it **replaces**. @default that of the provider; of a ClusterIssuer `cert-manager`
   */
  namespace?: pulumi.Input<string>;
  /** Its name in the cluster. Changing it **replaces**: the new one is there before the old one goes. @default the name of the resource */
  issuerName?: pulumi.Input<string>;
  /** Labels of what is created. Changing them **updates in place**. @default those of `owner` */
  labels?: Labels;
  /** Who it belongs to, as labels `pulumi-certificates/owner-…`. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** Whether secrets that are there become these, as in TlsSecret. Changing it **updates in place**. @default false */
  takeOver?: boolean;
  /** Whether the run waits until cert-manager says that the issuer is ready. Changing it **updates in place**. @default true */
  waitForReady?: boolean;
  /** A last word on its children. */
  transform?: {
    /** The Issuer or ClusterIssuer. */
    issuer?: Transform<CertManagerResourceArgs>;
    /** The secret with the key of the CA or account. */
    secret?: Transform<kubernetes.core.v1.SecretArgs>;
    /** The secret with the credentials of the solvers. */
    solverSecret?: Transform<kubernetes.core.v1.SecretArgs>;
  };
}

/**
 * An Issuer or ClusterIssuer of cert-manager, for clusters that renew inside: from a CA or an ACME account of this program.
 *
 * It creates the secret with the key (`<name>-ca` or `<name>-account`), that of the solvers' credentials, and the
 * issuer. When the CA renews itself, or the account gets a new key, the secrets change in place and cert-manager takes
 * them up. What it issued before stays valid. Deleting it deletes the issuer and its secrets: certificates that cert-manager
 * issued stay, and are not renewed any more.
 *
 * @example
 * const root = new CertificateAuthority("root", { commonName: "Example Root" });
 * const cluster = new CertificateAuthority("cluster", { commonName: "Example Cluster", issuer: root, pathLength: 0 });
 * new CertManagerIssuer("internal", { ca: cluster, kind: "ClusterIssuer" });
 */
export class CertManagerIssuer extends pulumi.ComponentResource {
  /** Its name in the cluster, known to dependents once it is there. */
  readonly issuerName: pulumi.Output<string>;
  /** What it is. */
  readonly kind: "Issuer" | "ClusterIssuer";

  constructor(name: string, args: CertManagerIssuerArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:CertManagerIssuer", name, {}, options);
    const { ca, acme, kind = "Issuer", transform } = args;
    if (kind !== "Issuer" && kind !== "ClusterIssuer")
      throw refusal("kind", `"${String(kind)}" is no kind of issuer.`, 'Use "Issuer" or "ClusterIssuer".');
    if ((ca === undefined) === (acme === undefined))
      throw refusal("ca", "exactly one of `ca` and `acme` says who issues.", "Give one of them.");
    const namespace = args.namespace ?? (kind === "ClusterIssuer" ? "cert-manager" : undefined);
    const place = placed(args.issuerName ?? name, namespace, { name: "issuerName" });
    const labels = mergedLabels(args.labels, ownerLabels(args.owner));
    const secret = (
      what: string,
      type: string,
      data: pulumi.Input<Record<string, pulumi.Input<string>>>,
      change: Transform<kubernetes.core.v1.SecretArgs> | undefined,
    ): MutableObject =>
      mutableSecret(
        `${name}-${what}`,
        { metadata: { ...place, name: named(what), labels }, type, data: pulumi.secret(data) },
        {
          options: { parent: this },
          transform: change,
          explanations: secretExplanations,
          takeOver: args.takeOver,
          createdWith: ["tls.crt", "tls.key"],
        },
      );
    const named = (what: string): pulumi.Output<string> =>
      objectName("issuerName", pulumi.interpolate`${place.name}-${what}`);

    const [spec, secrets] = ca === undefined ? fromAccount(acme as CertManagerAcmeArgs) : fromCa(ca);
    const issuer = new kubernetes.apiextensions.CustomResource(
      ...transformed(
        transform?.issuer,
        name,
        {
          apiVersion: "cert-manager.io/v1",
          kind,
          metadata: {
            name: place.name,
            ...(kind === "Issuer" && place.namespace && { namespace: place.namespace }),
            labels,
            ...(args.waitForReady !== false && { annotations: { "pulumi.com/waitFor": "condition=Ready" } }),
          },
          spec,
        },
        explained("kubernetes cert-manager", certManagerExplanations, { parent: this, dependsOn: secrets }),
      ),
    );
    this.kind = kind;
    this.issuerName = pulumi.all([place.name, issuer.urn]).apply(([known]) => known);
    this.registerOutputs({ issuerName: this.issuerName });

    function fromCa(own: CaWithKey): [spec: object, secrets: pulumi.Resource[]] {
      const data = pulumi
        .all([signingCa(own), own.chainPem, own.privateKeyPem, own.trustBundlePem])
        .apply(([certificate, chain, key, roots]) => ({
          "tls.crt": encoded(joined(certificate, chain)),
          "tls.key": encoded(joined(key)),
          ...(roots && { "ca.crt": encoded(joined(roots)) }),
        }));
      const held = secret("ca", "kubernetes.io/tls", data, transform?.secret);
      const urls = caUrls(own);
      return [{ ca: urls.apply((known) => ({ secretName: named("ca"), ...known })) }, [held.data]];
    }

    function fromAccount(own: CertManagerAcmeArgs): [spec: object, secrets: pulumi.Resource[]] {
      const names = { account: named("account"), solvers: named("solvers") };
      const { spec: fields, accountKeyPem, credentials } = certManagerAcme(own, names);
      const key = { "tls.key": accountKeyPem.apply(encoded) };
      const held = [secret("account", "Opaque", key, transform?.secret).data];
      if (Object.keys(credentials).length > 0) {
        const texts = Object.entries(credentials).map(([at, text]) => [at, pulumi.output(text).apply(encoded)]);
        const data = Object.fromEntries(texts) as Record<string, pulumi.Output<string>>;
        held.push(secret("solvers", "Opaque", data, transform?.solverSecret).data);
      }
      return [{ acme: fields }, held];
    }
  }
}

const encoded = (text: string | undefined): string => Buffer.from(text ?? "").toString("base64");
