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

/** The order of an earlier run, if it was for the same: the same names, kind of key and own request. */
export async function resumedOrder(request: IssueRequest, begun: PendingOrder | undefined): Promise<Order | undefined> {
  if (begun === undefined) return undefined;
  const { csrPem, template } = request;
  if (csrPem !== undefined) return begun.csrDer === derOf(csrPem) ? begun : undefined;
  const earlier = parseCsr(pemOf(begun.csrDer), "the order's request");
  const wanted = parseCsr(pemOf((await freshOrder(request)).csrDer), "the order's request");
  const isSame =
    JSON.stringify(earlier.names) === JSON.stringify(wanted.names) && earlier.keyAlgorithm === wanted.keyAlgorithm;
  const isKept = template.publicKey.equals(earlier.publicKey);
  return begun.certificateKeyPem !== undefined && (isSame || isKept) ? begun : undefined;
}

function derOf(pem: string): string {
  return Buffer.from(decodePem(pem, ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"], "csrPem")).toString("base64");
}

function pemOf(base64: string): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}
