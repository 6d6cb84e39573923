import type * as pulumi from "@pulumi/pulumi";
import { refusal } from "../../refuse";
import { objectName } from "../names";

/** Who issues in the cluster: a `CertManagerIssuer` of this program, or an issuer that is there. */
export interface CertManagerIssuerRef {
  /** Its name in the cluster. Changing it **updates in place**, and cert-manager issues again. */
  readonly issuerName: pulumi.Input<string>;
  /** `Issuer`, `ClusterIssuer`, or the kind of an external issuer. Changing it **updates in place**. @default `Issuer` */
  readonly kind?: string;
  /** The API group of an external issuer, such as `awspca.cert-manager.io`. Changing it **updates in place**. @default `cert-manager.io` */
  readonly group?: string;
}

/** As `spec.issuerRef`. */
export interface IssuerRefFields {
  readonly name: pulumi.Output<string>;
  readonly kind: string;
  readonly group: string;
}

export function issuerRefFields(issuer: CertManagerIssuerRef): IssuerRefFields {
  const { issuerName, kind = "Issuer", group = "cert-manager.io" } = issuer;
  if (group === "cert-manager.io" && kind !== "Issuer" && kind !== "ClusterIssuer")
    throw refusal(
      "issuer.kind",
      `"${kind}" is no kind of issuer of cert-manager.`,
      'Use "Issuer" or "ClusterIssuer", or give the `group` of an external issuer.',
    );
  return { name: objectName("issuer.issuerName", issuerName), kind, group };
}
