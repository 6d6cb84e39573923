import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateArgs } from "../../sdk";
import { explained } from "../explain";
import { type OwnerArgs, ownerLabels } from "../owner";
import { checked, refusal } from "../refuse";
import { type Transform, transformed } from "../transform";
import { privateKeyFields, renewalFields, subjectAndName } from "./certManager/fields";
import type { CertManagerResourceArgs } from "./certManagerIssuer";
import { certManagerKeystore } from "./certManager/keystores";
import { type CertManagerIssuerRef, issuerRefFields } from "./certManager/issuerRef";
import { usageFields } from "./certManager/usages";
import { certManagerExplanations } from "./certManager/explanations";
import { secretExplanations } from "./explanations";
import { type Labels, mergedLabels } from "./labels";
import { mutableSecret } from "./mutableObject";
import { objectName, placed } from "./names";

/** The arguments that mean the same as those of a `Certificate`; any change **updates in place**, and cert-manager issues again where it must. */
type SharedArgs = Pick<
  CertificateArgs,
  | "commonName"
  | "subject"
  | "dnsNames"
  | "ipAddresses"
  | "uris"
  | "emailAddresses"
  | "duration"
  | "renewBefore"
  | "privateKey"
  | "keyUsages"
  | "extendedKeyUsages"
  | "keystores"
>;

/** Arguments of a {@link CertManagerCertificate}. */
export interface CertManagerCertificateArgs extends SharedArgs {
  /** Who issues: a CertManagerIssuer, or `{ issuerName: "letsencrypt", kind: "ClusterIssuer" }`. Another one **updates in place**. */
  issuer: CertManagerIssuerRef;
  /** Its namespace and that of the secret. Changing it **replaces**. @default that of the provider */
  namespace?: pulumi.Input<string>;
  /** Its name in the cluster. Changing it **replaces**: the new one is there before the old one goes. @default the name of the resource */
  certificateName?: pulumi.Input<string>;
  /** The secret that cert-manager keeps. Changing it **updates in place**; the former secret stays. @default the name of the Certificate */
  secretName?: pulumi.Input<string>;
  /** Labels of the secret, besides those of `owner`. Changing them **updates in place**. @default none */
  secretLabels?: Labels;
  /** Annotations of the secret. Changing them **updates in place**. @default none */
  secretAnnotations?: Labels;
  /** Whether what is issued is a CA. Changing it **updates in place**, and cert-manager issues again. @default false */
  isCA?: pulumi.Input<boolean>;
  /** Labels of the Certificate. Changing them **updates in place**. @default those of `owner` */
  labels?: Labels;
  /** Who it belongs to, as labels of the Certificate and of the secret. Changing it **updates in place**. @default none */
  owner?: OwnerArgs;
  /** Whether the run waits until cert-manager has issued. Changing it **updates in place**. @default true */
  waitForReady?: boolean;
  /** A last word on its children. */
  transform?: {
    /** The Certificate of cert-manager. */
    certificate?: Transform<CertManagerResourceArgs>;
    /** The secret with the password of the keystore. */
    keystorePassword?: Transform<kubernetes.core.v1.SecretArgs>;
  };
}

/**
 * A Certificate of cert-manager with the arguments of ours, for clusters that renew inside, between two runs of Pulumi.
 *
 * cert-manager makes the key, keeps the secret and renews it: no private key enters the state, and no preview shows a
 * renewal. What is not given is that of `Certificate`: ECDSA P-256, a new key with each renewal, 90 days, `serverAuth`.
 * Deleting it deletes the Certificate; its secret stays, unless cert-manager runs with `--enable-certificate-owner-ref`.
 *
 * @example
 * const issuer = { issuerName: "letsencrypt", kind: "ClusterIssuer" };
 * new CertManagerCertificate("web", { issuer, namespace: "site", dnsNames: ["web.example.com"], renewBefore: "30%" });
 */
export class CertManagerCertificate extends pulumi.ComponentResource {
  /** The secret that cert-manager keeps, known to dependents once the Certificate is there. */
  readonly secretName: pulumi.Output<string>;
  /** Its namespace; undefined for that of the provider. */
  readonly namespace: pulumi.Output<string> | undefined;

  constructor(name: string, args: CertManagerCertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("pulumi-certificates:kubernetes:CertManagerCertificate", name, {}, options);
    const { transform } = args;
    const place = placed(args.certificateName ?? name, args.namespace, { name: "certificateName" });
    const secretName = objectName("secretName", args.secretName ?? place.name);
    const ofOwner = ownerLabels(args.owner);
    const labels = mergedLabels(args.labels, ofOwner);
    const keystore = certManagerKeystore(args.keystores ?? {});
    const passwords =
      keystore &&
      mutableSecret(
        `${name}-keystore`,
        {
          metadata: {
            ...place,
            name: objectName("certificateName", pulumi.interpolate`${place.name}-keystore`),
            labels,
          },
          type: "Opaque",
          data: pulumi.secret({ password: pulumi.output(keystore.password).apply(encoded) }),
        },
        {
          options: { parent: this },
          transform: transform?.keystorePassword,
          explanations: secretExplanations,
          createdWith: [],
        },
      );
    const passwordSecretRef = { name: pulumi.interpolate`${place.name}-keystore`, key: "password" };
    const ofSecret = { labels: mergedLabels(args.secretLabels, ofOwner), annotations: args.secretAnnotations };
    const template = pulumi.output(ofSecret).apply(({ labels: own, annotations }) => {
      const given = { ...(own && { labels: own }), ...(annotations && { annotations }) };
      return Object.keys(given).length === 0 ? undefined : given;
    });
    const spec = {
      secretName,
      secretTemplate: template,
      issuerRef: issuerRefFields(args.issuer),
      ...namesOf(args),
      ...flattened(subjectAndName(args), ["subject", "commonName"]),
      ...flattened(renewalFields(args, true), ["duration", "renewBefore", "renewBeforePercentage"]),
      privateKey: privateKeyFields(args.privateKey).apply((fields) => ({ ...fields, encoding: "PKCS8" })),
      usages: usageFields(args),
      ...(args.isCA !== undefined && { isCA: args.isCA }),
      ...(keystore && { keystores: { pkcs12: { create: true, profile: keystore.profile, passwordSecretRef } } }),
    };
    const certificate = new kubernetes.apiextensions.CustomResource(
      ...transformed(
        transform?.certificate,
        name,
        {
          apiVersion: "cert-manager.io/v1",
          kind: "Certificate",
          metadata: {
            ...place,
            labels,
            ...(args.waitForReady !== false && { annotations: { "pulumi.com/waitFor": "condition=Ready" } }),
          },
          spec,
        },
        explained("kubernetes cert-manager", certManagerExplanations, {
          parent: this,
          ...(passwords && { dependsOn: [passwords.data] }),
        }),
      ),
    );
    // Not known to the preview that creates it: whoever reads the secret would find none.
    this.secretName = pulumi.all([secretName, certificate.id]).apply(([known]) => known);
    this.namespace = place.namespace;
    this.registerOutputs({ secretName: this.secretName });
  }
}

/** The names, of which there must be one. */
function namesOf(args: SharedArgs): Record<string, unknown> {
  const { dnsNames, ipAddresses, uris, emailAddresses, commonName, subject } = args;
  const lists = { dnsNames, ipAddresses, uris, emailAddresses };
  const given = Object.entries(lists).filter(([, list]) => list !== undefined);
  if (given.length === 0 && commonName === undefined && subject === undefined)
    throw refusal("dnsNames", "it is missing, and so is every other name.", "Give at least one name.");
  return Object.fromEntries(
    given.map(([what, list]) => [
      what,
      checked(list as pulumi.Input<string[]>, (names) => {
        if (names.length === 0) throw refusal(what, "it is empty.", "Give at least one name, or leave it out.");
      }),
    ]),
  );
}

/** The properties of an output one by one, so that those that are not there are left out of what is sent. */
function flattened<Fields extends object>(
  fields: pulumi.Output<Fields>,
  names: readonly (keyof Fields & string)[],
): Record<string, pulumi.Output<unknown>> {
  return Object.fromEntries(names.map((name) => [name, fields.apply((known) => known[name])]));
}

const encoded = (text: string): string => Buffer.from(text).toString("base64");
