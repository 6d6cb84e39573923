import { integer, objectIdentifier, sequence, setOf } from "../../x509/der";
import { parseCertificates } from "../../x509/parse";
import { oid } from "./identifiers";
import { certificateBag, dataContent, encryptedContent, friendlyName, macData, schemes } from "./pfxParts";

/**
 * A PKCS#12 file (RFC 7292) of certificates without a key, as Java has its trust stores: an entry counts as trusted if it
 * bears Oracle's attribute trustedKeyUsage, here for every usage. Without a password the certificates, which everybody
 * may know, are in clear and there is no MAC: Java then opens the file with any password and with none, as it does with
 * the `cacerts` of Java 18 and later.
 */
export async function writeTrustPfx(rootsPem: string, password: string | undefined): Promise<Buffer> {
  const roots = parseCertificates(rootsPem, "trustBundlePem");
  const bags = sequence(
    ...roots.map(({ certificate, subjectName, fingerprintSha256 }) =>
      certificateBag(certificate, trustedEntry(aliasOf(subjectName.commonName, fingerprintSha256))),
    ),
  );
  if (password === undefined) return sequence(integer(3), dataContent(sequence(dataContent(bags))));
  const { encrypt, digest, iterations } = schemes.modern;
  const authenticatedSafe = sequence(encryptedContent(await encrypt(bags, password, iterations)));
  return sequence(integer(3), dataContent(authenticatedSafe), macData(authenticatedSafe, password, digest, iterations));
}

function trustedEntry(alias: string): Buffer {
  const anyUsage = sequence(objectIdentifier(oid.trustedKeyUsage), setOf(objectIdentifier(oid.anyExtendedKeyUsage)));
  return setOf(friendlyName(alias), anyUsage);
}

/** Roots may bear one name; Java reads aliases in lower case and keeps one entry of each. */
function aliasOf(commonName: string | undefined, fingerprintSha256: string): string {
  return `${commonName?.toLowerCase() ?? "root"} ${fingerprintSha256.slice(0, 16)}`;
}
