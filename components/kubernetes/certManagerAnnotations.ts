import * as pulumi from "@pulumi/pulumi";
import type { CertificateArgs } from "../../sdk";
import { privateKeyFields, renewalFields, subjectAndName } from "./certManager/fields";
import { type CertManagerIssuerRef, issuerRefFields } from "./certManager/issuerRef";
import { usageFields } from "./certManager/usages";

/** Arguments of {@link certManagerAnnotations}: those of a `Certificate` that an Ingress or Gateway does not say itself. */
export interface CertManagerAnnotationsArgs extends Pick<
  CertificateArgs,
  | "commonName"
  | "subject"
  | "emailAddresses"
  | "duration"
  | "renewBefore"
  | "privateKey"
  | "keyUsages"
  | "extendedKeyUsages"
> {
  /** Who issues: a CertManagerIssuer, or `{ issuerName: "letsencrypt", kind: "ClusterIssuer" }`. Another one **updates in place**. */
  issuer: CertManagerIssuerRef;
}

/**
 * Annotations by which cert-manager issues for an Ingress or Gateway: the names are the hosts of its `tls`, and the
 * secrets those that stand there. What is not given is cert-manager's own default.
 *
 * @example
 * new kubernetes.networking.v1.Ingress("web", {
 *   metadata: { annotations: certManagerAnnotations({ issuer: { issuerName: "letsencrypt" }, renewBefore: "30%" }) },
 *   spec: { tls: [{ hosts: ["web.example.com"], secretName: "web-tls" }] },
 * });
 */
export function certManagerAnnotations(args: CertManagerAnnotationsArgs): pulumi.Output<Record<string, string>> {
  const { duration, renewBefore, privateKey, keyUsages, extendedKeyUsages } = args;
  const hasRenewal = (duration ?? renewBefore) !== undefined;
  const hasUsages = (keyUsages ?? extendedKeyUsages) !== undefined;
  const parts = pulumi.all([
    subjectAndName(args),
    args.emailAddresses,
    hasRenewal ? renewalFields(args, false) : undefined,
    privateKey === undefined ? undefined : privateKeyFields(privateKey),
    hasUsages ? usageFields(args) : undefined,
    pulumi.output(issuerRefFields(args.issuer)),
  ]);
  return parts.apply(([{ subject, commonName }, emails, renewal, key, usages, issuer]) => {
    const annotations = {
      ...issuerAnnotations(issuer),
      "common-name": commonName,
      "email-sans": emails?.join(","),
      duration: duration === undefined ? undefined : renewal?.duration,
      "renew-before": renewal?.renewBefore,
      "renew-before-percentage": renewal?.renewBeforePercentage?.toString(),
      "private-key-algorithm": key?.algorithm,
      "private-key-size": key?.size?.toString(),
      "private-key-rotation-policy": key?.rotationPolicy,
      usages: usages?.join(","),
      "subject-organizations": csv(subject?.organizations),
      "subject-organizationalunits": csv(subject?.organizationalUnits),
      "subject-countries": csv(subject?.countries),
      "subject-provinces": csv(subject?.provinces),
      "subject-localities": csv(subject?.localities),
      "subject-streetaddresses": csv(subject?.streetAddresses),
      "subject-postalcodes": csv(subject?.postalCodes),
      "subject-serialnumber": subject?.serialNumber,
    };
    const given = Object.entries(annotations).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given.map(([name, value]) => [`cert-manager.io/${name}`, value as string]));
  });
}

function issuerAnnotations({
  name,
  kind,
  group,
}: {
  name: string;
  kind: string;
  group: string;
}): Record<string, string | undefined> {
  if (group !== "cert-manager.io") return { issuer: name, "issuer-kind": kind, "issuer-group": group };
  return kind === "ClusterIssuer" ? { "cluster-issuer": name } : { issuer: name };
}

/** One line of comma-separated values (RFC 4180), as cert-manager reads parts of a subject that may hold a comma. */
function csv(values: readonly string[] | undefined): string | undefined {
  return values?.map((value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(",");
}
