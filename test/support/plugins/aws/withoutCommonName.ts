import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { AwsCloud } from "./awsCloud";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** Node's WebCrypto has the browser's interface under a type of its own. */
const webCrypto = webcrypto as unknown as NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>;

/**
 * moto takes no certificate whose subject or issuer has no common name, which ACM does. It gets one like it with common
 * names; the certificate itself is kept here.
 */
export async function takenByMoto(pem: string): Promise<string> {
  const certificate = new x509.X509Certificate(pem);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  const first = names?.names.items[0]?.value ?? "none";
  if (certificate.subjectName.getField("CN").length > 0 && certificate.issuerName.getField("CN").length > 0) return pem;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.create(
    {
      serialNumber: certificate.serialNumber,
      subject: [{ CN: [first] }],
      issuer: [{ CN: ["moto"] }],
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      publicKey: certificate.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: names === null ? [] : [names],
    },
    webCrypto,
  );
  return `${made.toString("pem")}\n`;
}

/** Keeps what was imported under an ARN. */
export function keep(arn: string, pem: string, cloud: AwsCloud): void {
  keptIn(cloud).set(arn, pem);
}

/** The certificate in ACM; an `AwsError` where there is none. */
export async function pemOf(arn: string, region: string, cloud: AwsCloud): Promise<string> {
  const { Certificate } = await cloud.askMoto("acm", region, "GetCertificate", { CertificateArn: arn });
  return keptIn(cloud).get(arn) ?? Certificate;
}

function keptIn(cloud: AwsCloud): Map<string, string> {
  if (!cloud.memory.has("imported")) cloud.memory.set("imported", new Map());
  return cloud.memory.get("imported") as Map<string, string>;
}
