import { classOf, hintOf } from "./classify";
import type { AcmeClient } from "./client";
import { namesOf, type Order, readOrder } from "./orderObject";
import { poll } from "./poll";
import { AcmeError } from "./problem";
import { describeProblem, readProblem } from "./problemDocument";
import type { CoreResponse } from "./protocolCore";

const readyLimit = 2 * 60_000;
/** An issued certificate is not given up after the half minute that is usual elsewhere. */
const issuanceLimit = 10 * 60_000;

/** Asks for the certificate (RFC 8555, 7.4). An order that is not ready yet is waited for; one under way is left alone. */
export async function finalizeOrder(client: AcmeClient, order: Order, csrDer: Uint8Array): Promise<Order> {
  try {
    return await postFinalize(client, order, csrDer);
  } catch (error) {
    if (!(error instanceof AcmeError) || error.details.problem?.type !== "orderNotReady") throw error;
    const now = await waitWhile(client, order, (status) => status === "pending", readyLimit);
    return now.status === "ready" ? postFinalize(client, now, csrDer) : now;
  }
}

async function postFinalize(client: AcmeClient, order: Order, csrDer: Uint8Array): Promise<Order> {
  const payload = { csr: Buffer.from(csrDer).toString("base64url") };
  const response = await client.session.post("finalize", order.finalize, payload, await client.account.url(), {
    what: `to issue a certificate for ${namesOf(order.identifiers)}`,
    // An order whose confirmation was lost is under way; the server would refuse a second request for it.
    recover: async () => {
      const now = await requestOrder(client, order.url);
      return ["pending", "ready"].includes(readOrder(now, order.url).status) ? undefined : now;
    },
  });
  return readOrder(response, order.url);
}

/** The address of the certificate, once it is issued. */
export async function waitForCertificate(client: AcmeClient, order: Order): Promise<string> {
  const done =
    order.status === "valid" && order.certificate !== undefined ? order : await waitUntilValid(client, order);
  if (done.status === "valid" && done.certificate !== undefined) return done.certificate;
  throw orderFailure(client.session.host, done);
}

async function waitUntilValid(client: AcmeClient, order: Order): Promise<Order> {
  if (order.status === "invalid") return order;
  const isUnderWay = (status: Order["status"]): boolean => status === "processing" || status === "ready";
  return waitWhile(client, order, isUnderWay, issuanceLimit);
}

function waitWhile(
  client: AcmeClient,
  order: Order,
  isUnderWay: (status: Order["status"]) => boolean,
  limitMs: number,
): Promise<Order> {
  const { session } = client;
  return poll(
    {
      signal: session.signal,
      limitMs,
      pace: session.paces.issuance,
      retryAfter: order.retryAfter,
      waiting: (seconds) =>
        session.report(
          `The ACME server ${session.host} is still at work on ${namesOf(order.identifiers)}: asking again in ${seconds} s.`,
        ),
      tooLong: () =>
        new AcmeError(
          `The ACME server ${session.host} has not finished the order for ${namesOf(order.identifiers)} within ${limitMs / 60_000} minutes.`,
          "retryLater",
          { isIssuersFault: true, hint: "The next run takes the order up where it was left." },
        ),
    },
    async () => {
      const now = readOrder(await requestOrder(client, order.url), order.url);
      return isUnderWay(now.status) ? { retryAfter: now.retryAfter } : { result: now };
    },
  );
}

/** An order as it is now (POST-as-GET). */
export async function requestOrder({ session, account }: AcmeClient, url: string): Promise<CoreResponse> {
  return session.post("order", url, null, await account.url(), { what: "to show an order" });
}

function orderFailure(host: string, order: Order): AcmeError {
  const problem = order.error === undefined ? undefined : readProblem(order.error, 0);
  const reason = problem ? describeProblem(problem) : `it is ${order.status}`;
  const asked = problem ? classOf(problem) : "newOrder";
  const hint = problem && hintOf(problem);
  return new AcmeError(
    `The order for ${namesOf(order.identifiers)} failed at the ACME server ${host}: ${reason}.`,
    // The order is spent, whatever may be tried again.
    asked === "retryNow" || asked === "retryLater" ? "newOrder" : asked,
    {
      isIssuersFault: problem === undefined || problem.type === "serverInternal",
      ...(problem && { problem }),
      ...(hint !== undefined && { hint }),
    },
  );
}
