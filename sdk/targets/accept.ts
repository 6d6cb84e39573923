import { invalidArgument } from "../errors";
import { parseCertificate, parseCertificates } from "../x509/parse";
import { assertMaterial } from "./fileContents";
import type { AnyTargetKind } from "./registry";
import type { Material } from "./target";

/** Throws for a certificate that no target can serve, or not this one. Changes nothing. */
export function acceptMaterial(kind: AnyTargetKind, spec: unknown, material: Material): void {
  assertMaterial(material);
  assertChainOrder(material);
  kind.accept(spec, material);
}

/** A server sends its chain as it stands, and clients may not look further than the next certificate (RFC 8446, 4.4.2). */
function assertChainOrder({ certificatePem, chainPem }: Material): void {
  let child = parseCertificate(certificatePem, "certificate.certificatePem");
  for (const issuer of parseCertificates(chainPem, "certificate.chainPem")) {
    const { certificate } = child;
    const isIssuer = certificate.checkIssued(issuer.certificate) && certificate.verify(issuer.certificate.publicKey);
    if (!isIssuer) {
      throw invalidArgument(
        "certificate.chainPem",
        `"${issuer.subject}" stands where the issuer of "${child.subject}" must be ("${child.issuer}").`,
        "Give the intermediates issuer after issuer, beginning with the one of the certificate, which is not among them.",
      );
    }
    child = issuer;
  }
}
