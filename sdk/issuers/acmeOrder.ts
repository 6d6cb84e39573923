import { X509Certificate } from "node:crypto";
import { privateKeyToPem } from "../keys/pem";
import { createCsr, parseCsr } from "../x509/csr";
import { decodePem } from "../x509/pem";
import type { IssueRequest, PendingOrder } from "./issuer";

/** What is ordered, and where, once it is. */
export type Order = Omit<PendingOrder, "orderUrl"> & { readonly orderUrl?: string };

/** A new order, for the key that is given or for the user's own request. */
export async function freshOrder({ privateKey, csrPem, template }: IssueRequest): Promise<Order> {
  if (privateKey === undefined) return { csrDer: derOf(csrPem ?? "") };
  // Only what the names need: the CA decides on everything else.
  const pem = await createCsr({ subject: {}, names: template.names, key: privateKey });
  return { csrDer: derOf(pem), certificateKeyPem: privateKeyToPem(privateKey) };
}

/**
 * The order of an earlier run, if it was for the same names at the same CA. With the request that was made for it where
 * that is what is asked for now: the same kind of key, or the same own request; otherwise with a new one, since an order
 * is for names, and knows of a key only when it is finalized. A key of the certificate before is not used where that
 * certificate is to get another.
 */
export async function resumedOrder(
  request: IssueRequest,
  directoryUrl: string,
  begun: PendingOrder | undefined,
): Promise<Order | undefined> {
  if (begun === undefined || (begun.directoryUrl ?? directoryUrl) !== directoryUrl) return undefined;
  const { orderUrl, csrDer, certificateKeyPem } = begun;
  const { previous } = request;
  const fresh = { ...(await freshOrder(request)), orderUrl };
  if (csrDer === "" || csrDer === fresh.csrDer) return fresh;
  const earlier = parseCsr(pemOf(csrDer), "the order's request");
  const wanted = parseCsr(pemOf(fresh.csrDer), "the order's request");
  if (JSON.stringify(earlier.names) !== JSON.stringify(wanted.names)) return undefined;
  const isReplaced =
    previous !== undefined && earlier.publicKey.equals(new X509Certificate(previous.certificatePem).publicKey);
  const isAsWanted =
    wanted.publicKey.equals(earlier.publicKey) || (earlier.keyAlgorithm === wanted.keyAlgorithm && !isReplaced);
  const isOwn = request.csrPem !== undefined || certificateKeyPem === undefined;
  return isAsWanted && !isOwn ? { orderUrl, csrDer, certificateKeyPem } : fresh;
}

function derOf(pem: string): string {
  return Buffer.from(decodePem(pem, ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"], "csrPem")).toString("base64");
}

function pemOf(base64: string): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}
