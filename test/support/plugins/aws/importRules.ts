import "reflect-metadata";
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";

/**
 * What AWS Certificate Manager asks of a certificate that is imported. The rules: ACM User Guide, "Prerequisites for
 * importing ACM certificates", "Certificate and key format for importing", "Reimport a certificate", "Certificate import
 * problems"; ACM API Reference, ImportCertificate. The messages are those of the knowledge centre's "acm-import-troubleshooting"
 * and of public reports where there are any; where there are none, the sentence of the guide.
 *
 * @returns the message of the ValidationException; undefined where it is accepted.
 */
export function whyNotImported(body: string, key: string, chain: string | undefined): string | undefined {
  if (blocks(body).length > 1)
    return "The certificate field contains more than one certificate. You can specify only one certificate in this field.";
  const certificate = parsed(body);
  if (certificate === undefined) return "The certificate is not PEM-encoded or is not valid.";
  const privateKey = parsedKey(key);
  if (privateKey === undefined) return "The private key is not PEM-encoded or is not valid.";
  if (key.length > 5120) return "The private key must be no larger than 5 KB (5,120 bytes).";
  if (keyAlgorithm(privateKey) === undefined) return "The private key is not supported.";
  if (!certificate.checkPrivateKey(privateKey))
    return "The private key does not match the public key of the certificate.";
  const now = Date.now();
  if (Date.parse(certificate.validTo) < now) return "The certificate has expired, is not valid.";
  if (Date.parse(certificate.validFrom) > now) return "The certificate is not in effect yet, is not valid.";
  return whyNoChain(certificate, chain);
}

/** What keeps a certificate from taking the place of another one under its ARN; see "Reimport a certificate". */
export function whyNotReimported(before: string, after: string): string | undefined {
  const [old, next] = [new X509Certificate(before), new X509Certificate(after)];
  const algorithm = keyAlgorithm(next.publicKey);
  if (keyAlgorithm(old.publicKey) !== algorithm)
    return "The key type and size cannot be changed when reimporting a certificate.";
  const [oldUsages, nextUsages] = [usages(before), usages(after)];
  const lost = (of: readonly string[], from: readonly string[], except: string | undefined) =>
    of.filter((usage) => !from.includes(usage) && usage !== except);
  const exempt = algorithm?.startsWith("EC_") === true ? "keyEncipherment" : undefined;
  if (lost(oldUsages.key, nextUsages.key, exempt).length > 0)
    return "Key Usage values of the originally imported certificate cannot be removed.";
  if (lost(oldUsages.extended, nextUsages.extended, x509.ExtendedKeyUsage.clientAuth).length > 0)
    return "Extended Key Usage values of the originally imported certificate cannot be removed.";
  return undefined;
}

/** The name that ACM gives the key's type and size; undefined where it supports neither. */
export function keyAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === "rsa") {
    const { modulusLength = 0 } = asymmetricKeyDetails ?? {};
    return [1024, 2048, 3072, 4096].includes(modulusLength) ? `RSA_${modulusLength}` : undefined;
  }
  const curve = asymmetricKeyDetails?.namedCurve ?? "";
  return ["prime256v1", "secp384r1", "secp521r1"].includes(curve) ? `EC_${curve}` : undefined;
}

/** Each certificate of the chain must certify the one before it; the end-entity certificate is not in it. */
function whyNoChain(certificate: X509Certificate, chain = ""): string | undefined {
  const pems = blocks(chain);
  if (pems.length === 0)
    return certifies(certificate, certificate)
      ? undefined
      : "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.";
  const issuers = pems.map(parsed);
  let below = certificate;
  for (const [index, issuer] of issuers.entries()) {
    if (issuer === undefined) return "The certificate chain is not PEM-encoded or is not valid.";
    if (!certifies(issuer, below)) {
      const known = issuers.some((other) => other !== undefined && certifies(other, below));
      return index === 0 && !known
        ? "Could not validate the certificate with the certificate chain."
        : "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, " +
            `followed by any intermediaries in order. The index within the chain of the invalid certificate is: ${index}`;
    }
    below = issuer;
  }
  return undefined;
}

function certifies(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function usages(pem: string): { key: string[]; extended: readonly string[] } {
  const certificate = new x509.X509Certificate(pem);
  const flags = certificate.getExtension(x509.KeyUsagesExtension)?.usages ?? 0;
  const names = Object.entries(x509.KeyUsageFlags).filter(
    ([, flag]) => typeof flag === "number" && (flags & flag) !== 0,
  );
  const extended = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [];
  return { key: names.map(([name]) => name), extended: extended.map(String) };
}

function blocks(text: string): string[] {
  return text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function parsedKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
