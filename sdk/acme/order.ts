import { proveAll, type Prove } from "./challenges";
import { downloadCertificate } from "./chains";
import type { AcmeClient } from "./client";
import { finalizeOrder, waitForCertificate } from "./finalize";
import { assertIssued, isForKey, requestedKey } from "./issued";
import type { Order } from "./orderObject";
import { placeOrder } from "./placeOrder";
import type { OrderRequest } from "./orderRequest";
import { AcmeError } from "./problem";
import { resumableOrder } from "./resume";

export interface OrderHooks {
  /** Asked before a new order is placed, not before one that is gone on with; throws if it must not be. */
  placing?(): Promise<void>;
  /** The order exists: record it before anything else happens. */
  placed(order: { url: string; expires?: string }): void | Promise<void>;
  /**
   * Chooses which of the offered challenges proves this authorization, and puts the answer in place. Throws if none can.
   */
  prove: Prove;
}

export interface Ordered {
  readonly certificatePem: string;
  /** Intermediates, in order. */
  readonly chainPem: string;
  readonly orderUrl: string;
  readonly warnings: string[];
  /** How many names the server did not ask to be proved again. */
  readonly authorizationsReused: number;
}

/**
 * Obtains a certificate: places an order or goes on with one, proves control of the names, finalizes and downloads. When
 * it fails the order stays as it is; whoever has its URL can go on with it.
 */
export async function obtainCertificate(
  client: AcmeClient,
  request: OrderRequest,
  hooks: OrderHooks,
): Promise<Ordered> {
  const warnings: string[] = [];
  const key = requestedKey(request.csrDer);
  const resumed = await resumableOrder(client, request);
  if (resumed !== undefined) {
    const ordered = await complete(client, resumed, request, hooks, key, warnings);
    if (ordered !== undefined) return ordered;
  }
  for (let attempt = 1; ; attempt++) {
    await hooks.placing?.();
    const order = await placeOrder(client, request, warnings);
    await hooks.placed({ url: order.url, ...(order.expires !== undefined && { expires: order.expires }) });
    const ordered = await complete(client, order, request, hooks, key, warnings);
    if (ordered !== undefined) return ordered;
    // Some CAs give the same open order to everyone who asks for the same names: another process has used it up.
    if (attempt === 2)
      throw new AcmeError(
        `The ACME server ${client.session.host} issued a certificate for another key than the one asked for.`,
        "nextIssuer",
        { isIssuersFault: true },
      );
  }
}

/** Goes on with an order to its end; undefined if it turns out to have been used for another key. */
async function complete(
  client: AcmeClient,
  order: Order,
  request: OrderRequest,
  hooks: OrderHooks,
  key: string,
  warnings: string[],
): Promise<Ordered | undefined> {
  let authorizationsReused = order.authorizations.length;
  if (order.status === "pending") {
    const proved = await proveAll(client, order.authorizations, hooks.prove);
    warnings.push(...proved.warnings);
    authorizationsReused = proved.reused;
  }
  const finalized =
    order.status === "pending" || order.status === "ready" ? await finalizeOrder(client, order, request.csrDer) : order;
  const url = await waitForCertificate(client, finalized);
  const { certificatePem, chainPem, warning } = await downloadCertificate(client, url, request.preferredChain);
  if (!isForKey(certificatePem, key)) return undefined;
  assertIssued(client.session.host, certificatePem, request.identifiers);
  if (warning !== undefined) warnings.push(warning);
  return { certificatePem, chainPem, orderUrl: order.url, warnings, authorizationsReused };
}
