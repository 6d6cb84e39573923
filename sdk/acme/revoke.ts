import { decodePem } from "../x509/pem";
import type { AccountRequests } from "./account";
import { AcmeError } from "./problem";
import type { AcmeSession } from "./session";

export interface RevokeOptions {
  /** Reason code of RFC 5280, 5.3.1, such as 1 for a key compromise. Left out of the request if left out here. */
  readonly reason?: number;
  /** The certificate's own key; it signs the request in place of the account. */
  readonly privateKeyPem?: string;
}

/** Revokes a certificate (RFC 8555, 7.6). One that is revoked already stays so. */
export async function revokeCertificate(
  session: AcmeSession,
  account: AccountRequests,
  certificatePem: string,
  { reason, privateKeyPem }: RevokeOptions,
): Promise<void> {
  const { revokeCert } = await session.directory();
  if (revokeCert === undefined)
    throw new AcmeError(`The ACME server ${session.host} does not revoke certificates.`, "fatal");
  const der = decodePem(certificatePem, ["CERTIFICATE"], "certificatePem");
  const payload = { certificate: der.toString("base64url"), ...(reason !== undefined && { reason }) };
  const signer = privateKeyPem === undefined ? undefined : await session.coreFor(privateKeyPem);
  try {
    await session.post("other", revokeCert, payload, signer ? undefined : await account.url(), {
      what: "to revoke the certificate",
      ...(signer && { signer }),
    });
  } catch (error) {
    if (!(error instanceof AcmeError) || error.details.problem?.type !== "alreadyRevoked") throw error;
  }
}
