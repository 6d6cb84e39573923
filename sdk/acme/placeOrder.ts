import type { AcmeClient } from "./client";
import { recordOf } from "./directory";
import { isFor, namesOf, type Order, readOrder } from "./orderObject";
import type { OrderRequest } from "./orderRequest";
import { AcmeError } from "./problem";
import type { CoreResponse } from "./protocolCore";

/** Places one order (RFC 8555, 7.4) and checks that the server took it as it was meant. */
export async function placeOrder(client: AcmeClient, request: OrderRequest, warnings: string[]): Promise<Order> {
  const { session } = client;
  const { meta, renewalInfo } = await session.directory();
  const { profile, replaces, notAfter } = request;
  if (profile !== undefined && meta.profiles?.[profile] === undefined)
    throw unknownProfile(session.host, profile, Object.keys(meta.profiles ?? {}));
  const payload = {
    identifiers: request.identifiers.map(({ type, value }) => ({ type, value })),
    ...(profile !== undefined && { profile }),
    ...(notAfter !== undefined && { notAfter }),
  };
  const order =
    replaces === undefined || renewalInfo === undefined
      ? await post(client, request, payload)
      : await postReplacing(client, request, { ...payload, replaces }, payload, warnings);
  if (!isFor(order, request.identifiers))
    throw new AcmeError(
      `The ACME server ${session.host} made an order for ${namesOf(order.identifiers)} instead of ${namesOf(request.identifiers)}.`,
      "nextIssuer",
      { isIssuersFault: true },
    );
  // A server that does not know profiles leaves the field out, and would issue something else.
  if (profile !== undefined && order.profile !== profile)
    throw new AcmeError(
      `The ACME server ${session.host} did not take the profile ${JSON.stringify(profile)} into its order.`,
      "nextIssuer",
      { isIssuersFault: true },
    );
  return order;
}

/**
 * With `replaces`, and without it if the server does not accept that (RFC 9773, 5) or fails at it again and again: the
 * certificate matters more.
 */
async function postReplacing(
  client: AcmeClient,
  request: OrderRequest,
  replacing: object,
  plain: object,
  warnings: string[],
): Promise<Order> {
  const isDoubtful = doubtAfterFailures();
  try {
    return await post(client, request, replacing, (before) => (isDoubtful(before) ? plain : undefined));
  } catch (error) {
    const problem = error instanceof AcmeError ? error.details.problem : undefined;
    const isAboutReplacing =
      problem !== undefined &&
      (problem.status === 409 || ["alreadyReplaced", "malformed", "unauthorized"].includes(problem.type));
    if (!isAboutReplacing) throw error;
    if (problem.type !== "alreadyReplaced" && problem.status !== 409)
      warnings.push(`Ordered without naming the certificate that is replaced: ${(error as AcmeError).message}`);
    return post(client, request, plain);
  }
}

const failuresToDoubt = 3;

/**
 * Whether an attempt is made without what the server may be failing at: every other one after some failures, because
 * its trouble may be of another kind, and the limits of some CAs spare an order that replaces.
 */
function doubtAfterFailures(): (before: unknown) => boolean {
  let failures = 0;
  return (before) => {
    if (before instanceof AcmeError && before.details.problem?.type === "serverInternal") failures += 1;
    return failures >= failuresToDoubt && failures % 2 === failuresToDoubt % 2;
  };
}

async function post(
  client: AcmeClient,
  request: OrderRequest,
  payload: object,
  insteadAfter?: (before: unknown) => object | undefined,
): Promise<Order> {
  const { session, account } = client;
  const { newOrder } = await session.directory();
  const what = `an order for ${namesOf(request.identifiers)}`;
  const recover = (): Promise<CoreResponse | undefined> => findLostOrder(client, request);
  const options = { what, recover, ...(insteadAfter && { insteadAfter }) };
  const response = await session.post("newOrder", newOrder, payload, await account.url(), options);
  const url = response.headers.location;
  if (url === undefined)
    throw new AcmeError(`The ACME server ${session.host} did not say where the order is.`, "nextIssuer", {
      isIssuersFault: true,
    });
  client.ordersSeen.add(url);
  return readOrder(response, url);
}

const mostPages = 20;
const mostOrdersRead = 10;

/**
 * The order whose confirmation was lost on its way, from the account's list of orders (RFC 8555, 7.1.2.1), so that it is
 * not placed twice. Not every server keeps that list.
 */
async function findLostOrder(client: AcmeClient, request: OrderRequest): Promise<CoreResponse | undefined> {
  const { session, account, ordersSeen } = client;
  const accountUrl = await account.url();
  const what = "to list the account's orders";
  const read = (kind: "order" | "other", url: string): Promise<CoreResponse> =>
    session.post(kind, url, null, accountUrl, { what });
  const urls: string[] = [];
  let next = recordOf((await read("other", accountUrl)).data).orders;
  for (let page = 0; typeof next === "string" && page < mostPages; page++) {
    const response = await read("other", next);
    const { orders } = recordOf(response.data);
    if (Array.isArray(orders)) urls.push(...orders.map(String));
    next = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(response.headers.link ?? "")?.[1];
  }
  const unknown = urls.filter((url) => !ordersSeen.has(url)).slice(-mostOrdersRead);
  for (const url of unknown.reverse()) {
    const response = await read("order", url);
    const order = readOrder(response, url);
    const isOpen = order.status === "pending" || order.status === "ready";
    if (isOpen && isFor(order, request.identifiers))
      return { ...response, headers: { ...response.headers, location: url } };
  }
  return undefined;
}

function unknownProfile(host: string, profile: string, known: readonly string[]): AcmeError {
  const hint =
    known.length === 0 ? "Leave profile out: it offers none." : `Use one of: ${[...known].sort().join(", ")}.`;
  return new AcmeError(`The ACME server ${host} has no profile ${JSON.stringify(profile)}.`, "nextIssuer", { hint });
}
