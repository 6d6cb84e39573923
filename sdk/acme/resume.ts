import type { AcmeClient } from "./client";
import { requestOrder } from "./finalize";
import type { OrderRequest } from "./orderRequest";
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
  if (order.status === "invalid" || isOver(order) || !isFor(order, request.identifiers)) return undefined;
  if (profile !== undefined && order.profile !== profile) return undefined;
  client.session.report(`Going on with the order ${orderUrl}, which is ${order.status}.`);
  return order;
}

/** How an order stands; undefined if it is gone, over, or another account's. */
export async function orderStatus(client: AcmeClient, url: string): Promise<Order["status"] | undefined> {
  const order = await fetchIfOurs(client, url);
  return order === undefined || isOver(order) ? undefined : order.status;
}

function isOver({ status, expires }: Order): boolean {
  return status !== "valid" && expires !== undefined && Date.parse(expires) <= Date.now();
}

/** Answers that are about the account, and say nothing about the order. */
const aboutAccount = ["accountDoesNotExist", "userActionRequired"];

async function fetchIfOurs(client: AcmeClient, url: string): Promise<Order | undefined> {
  try {
    return readOrder(await requestOrder(client, url), url);
  } catch (error) {
    const problem = error instanceof AcmeError ? error.details.problem : undefined;
    // Gone, or another account's: servers answer 404, or 403 `unauthorized`.
    const isGone = problem !== undefined && problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    if (!isGone || aboutAccount.includes(problem.type)) throw error;
    return undefined;
  }
}
