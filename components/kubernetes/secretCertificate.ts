import { X509Certificate } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "../../sdk";
import { refusal } from "../refuse";
import { placed } from "./names";

/** Arguments of {@link secretCertificate}. */
export interface SecretCertificateArgs {
  /** The secret, such as that of a `CertManagerCertificate`, which is waited for. Another one is **read** instead. */
  secretName: pulumi.Input<string>;
  /** Its namespace. Another one is **read** instead. @default `default` */
  namespace?: pulumi.Input<string>;
}

/** A certificate that somebody else keeps in a TLS secret, as it is in this run. */
export interface SecretCertificate extends CertificateToDeploy {
  readonly certificatePem: pulumi.Output<string>;
  readonly chainPem: pulumi.Output<string>;
  /** What stands in `ca.crt`; undefined where there is none. */
  readonly trustBundlePem: pulumi.Output<string | undefined>;
  /** The private key, PEM, a secret. */
  readonly privateKeyPem: pulumi.Output<string>;
  readonly fingerprintSha256: pulumi.Output<string>;
  readonly dnsNames: pulumi.Output<string[]>;
  /** RFC 3339. */
  readonly notAfter: pulumi.Output<string>;
}

/**
 * Reads a certificate that cert-manager, or anybody else, keeps in a secret of the cluster, so that it can be deployed
 * elsewhere, or verified where it is served. It is read in every run and every preview: what was renewed meanwhile shows
 * as a change of what is deployed. It needs the right to `get` the secret, and changes nothing.
 *
 * @example
 * const web = new CertManagerCertificate("web", { issuer: { issuerName: "letsencrypt" }, dnsNames: ["web.example.com"] });
 * const certificate = secretCertificate("web-issued", { secretName: web.secretName });
 */
export function secretCertificate(
  name: string,
  { secretName, namespace = "default" }: SecretCertificateArgs,
  options?: pulumi.CustomResourceOptions,
): SecretCertificate {
  const place = placed(secretName, namespace, { name: "secretName" });
  const id = pulumi.interpolate`${place.namespace}/${place.name}`;
  const secret = kubernetes.core.v1.Secret.get(name, id, options);
  const texts = pulumi.all([secret.data, id]).apply(([data, where]) => read(data, where));
  const publicly = <Value extends string | string[] | undefined>(part: (texts: Texts) => Value) =>
    pulumi.unsecret(texts.apply<Value>(part));
  return {
    certificatePem: publicly(({ certificatePem }) => certificatePem),
    chainPem: publicly(({ chainPem }) => chainPem),
    trustBundlePem: publicly(({ trustBundlePem }) => trustBundlePem),
    privateKeyPem: pulumi.secret(texts.apply(({ privateKeyPem }) => privateKeyPem)),
    fingerprintSha256: publicly(({ certificatePem }) =>
      of(certificatePem, ({ fingerprint256 }) => fingerprint256.replaceAll(":", "").toLowerCase()),
    ),
    dnsNames: publicly(({ certificatePem }) =>
      of(certificatePem, ({ subjectAltName = "" }) => subjectAltName)
        .split(", ")
        .flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : [])),
    ),
    notAfter: publicly(({ certificatePem }) =>
      of(certificatePem, ({ validTo }) => new Date(validTo).toISOString().replace(".000Z", "Z")),
    ),
  };
}

interface Texts {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly trustBundlePem: string | undefined;
  readonly privateKeyPem: string;
}

const blocks = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function read(data: Readonly<Record<string, string>> | undefined, where: string): Texts {
  // A unit test's mocks may leave the data out.
  if (data === undefined) return { certificatePem: "", chainPem: "", trustBundlePem: undefined, privateKeyPem: "" };
  const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString();
  const [certificate, ...chain] = text("tls.crt").match(blocks) ?? [];
  const privateKeyPem = text("tls.key");
  if (certificate === undefined || privateKeyPem === "")
    throw refusal(
      "secretName",
      `${where} holds no certificate with its key under tls.crt and tls.key, only ${Object.keys(data).sort().join(", ") || "nothing"}.`,
      "Name a TLS secret. cert-manager fills its secret once it has issued: `kubectl describe certificate` says what it waits for.",
    );
  const roots = text("ca.crt");
  return {
    certificatePem: `${certificate}\n`,
    chainPem: chain.map((pem) => `${pem}\n`).join(""),
    trustBundlePem: roots === "" ? undefined : roots,
    privateKeyPem,
  };
}

const of = <Value>(certificatePem: string, fact: (certificate: X509Certificate) => Value): Value | "" =>
  certificatePem === "" ? "" : fact(new X509Certificate(certificatePem));
