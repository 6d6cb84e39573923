import { CertificatesError } from "../errors";
import { oids } from "../x509/extensions";
import { expectTag, readSequence } from "../x509/derReader";
import { readCertificateFields } from "../x509/fields";
import { decodePem } from "../x509/pem";

/**
 * The identifier of a certificate for renewal information (RFC 9773, 4.1): base64url of the key identifier of its CA,
 * a dot, base64url of the serial number as DER encodes it, with its leading zero.
 */
export function certId(certificatePem: string): string {
  const fields = readCertificateFields(decodePem(certificatePem, ["CERTIFICATE"], "certificatePem"));
  const extension = fields.extensions.get(oids.authorityKeyIdentifier);
  const keyIdentifier = extension && readSequence(extension.value).find((part) => part.tag === 0x80);
  if (keyIdentifier === undefined)
    throw new CertificatesError("MalformedInput", "certificatePem: has no authority key identifier.", {
      property: "certificatePem",
      hint: "Renewal information exists only for certificates of ACME CAs, which have one.",
    });
  return `${expectTag(keyIdentifier, 0x80).content.toString("base64url")}.${fields.serialNumber.toString("base64url")}`;
}
