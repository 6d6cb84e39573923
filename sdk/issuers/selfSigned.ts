import { CertificatesError } from "../errors";
import { localSigner } from "../keys/signer";
import { issueCertificate } from "../x509/certificate";
import type { IssuerKind } from "./issuer";

/** The certificate signs itself; its own key is all that is needed. */
export const selfSignedIssuer: IssuerKind = {
  kind: "selfSigned",
  trust: "private",
  async issue({ template, privateKey }) {
    if (privateKey === undefined) {
      throw new CertificatesError(
        "IssuanceFailed",
        "A self-signed certificate needs its own private key, and a CSR brings none.",
        {
          hint: "Give the certificate an issuer, or leave out csrPem.",
        },
      );
    }
    const certificate = await issueCertificate(template, "self", localSigner(privateKey));
    return { certificate, chainPem: "", trustBundlePem: certificate.pem, warnings: [] };
  },
};
