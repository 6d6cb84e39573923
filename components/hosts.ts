import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "../sdk";
import { refusal } from "./refuse";

/** Whether a DNS name of a certificate is for a host: equal, or its wildcard stands for the host's first label (RFC 9525, 6.3). */
export function covers(dnsName: string, host: string): boolean {
  const [offered, wanted] = [dnsName.toLowerCase(), host.toLowerCase().replace(/\.$/, "")];
  if (offered === wanted) return true;
  const dot = wanted.indexOf(".");
  return offered.startsWith("*.") && !wanted.startsWith("*") && dot > 0 && wanted.slice(dot) === offered.slice(1);
}

/** Refuses a host for which the certificate is not, as every client would. A certificate of which no names are known is not asked. */
export function refuseUncovered(property: string, host: string, dnsNames: readonly string[]): void {
  if (dnsNames.length === 0 || dnsNames.some((dnsName) => covers(dnsName, host))) return;
  throw refusal(
    property,
    `the certificate is not for "${host}", only for ${dnsNames.join(", ")}.`,
    `Add "${host}" to its dnsNames, or give this host a certificate of its own. A wildcard stands for exactly one label.`,
  );
}

/** The DNS names of a certificate: those that it says, else those in its PEM. */
export function dnsNamesOf({ dnsNames, certificatePem }: CertificateToDeploy): pulumi.Output<string[]> {
  const said: pulumi.Input<string[] | undefined> = dnsNames as pulumi.Input<string[] | undefined>;
  const read = dnsNames === undefined ? pulumi.output(certificatePem).apply(namesIn) : pulumi.output(said);
  // A unit test's mocks may leave them out.
  return pulumi.unsecret(read.apply((names) => names ?? []));
}

function namesIn(certificatePem: string | undefined): string[] {
  if (!certificatePem?.includes("-----BEGIN CERTIFICATE-----")) return [];
  const { subjectAltName = "" } = new X509Certificate(certificatePem);
  return subjectAltName.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4)] : []));
}
