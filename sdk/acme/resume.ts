import type { AcmeClient } from "./client";
import { requestOrder } from "./finalize";
import type { OrderRequest } from "./order";
import { isFor, type Order, readOrder } from "./orderObject";
import { AcmeError } from "./problem";

/**
 * The order of an earlier run, if it is still of use: this account's, for the same names and profile, not failed and not
 * expired.
 */
export async function resumableOrder(client: AcmeClient, request: OrderRequest): Promise<Order | undefined> {
  const { orderUrl, profile } = request;
  if (orderUrl === undefined) return undefined;
  const order = await fetchIfOurs(client, orderUrl);
  if (order === undefined) return undefined;
  client.ordersSeen.add(orderUrl);
  const isOver = order.status !== "valid" && order.expires !== undefined && Date.parse(order.expires) <= Date.now();
  if (order.status === "invalid" || isOver || !isFor(order, request.identifiers)) return undefined;
  if (profile !== undefined && order.profile !== profile) return undefined;
  client.session.report(`Going on with the order ${orderUrl}, which is ${order.status}.`);
  return order;
}

async function fetchIfOurs(client: AcmeClient, url: string): Promise<Order | undefined> {
  try {
    return readOrder(await requestOrder(client, url), url);
  } catch (error) {
    const problem = error instanceof AcmeError ? error.details.problem : undefined;
    // Gone, or another account's: servers answer 404, or 403 `unauthorized`.
    const isGone = problem !== undefined && problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    if (!isGone || problem.type === "accountDoesNotExist") throw error;
    return undefined;
  }
}
