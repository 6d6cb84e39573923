import type { AcmeClient } from "../acme/client";
import type { Journal } from "../acme/journal";
import { AcmeError } from "../acme/problem";
import { orderStatus } from "../acme/resume";
import { CertificatesError } from "../errors";
import type { Order } from "./acmeOrder";
import { OrderPending } from "./issuer";

/**
 * What is to be thrown after a failure. An order that can still be finished stays in the journal and goes with the
 * error, so that a later run takes it up, on another machine too; a spent one is forgotten.
 */
export async function failureOf(
  error: unknown,
  order: Order | undefined,
  client: AcmeClient,
  journal: Journal,
): Promise<unknown> {
  if (!CertificatesError.is(error) || order?.orderUrl === undefined) return error;
  const { orderUrl } = order;
  const { directoryUrl } = client;
  const left = await leftAfter(error, orderUrl, client);
  if (left === "order") return new OrderPending(error, { ...order, orderUrl, directoryUrl });
  if (left === "orderWithoutRequest") {
    await journal.write({ orderUrl, csrDer: "", answers: (await journal.read())?.answers ?? [] });
    return new OrderPending(error, { orderUrl, csrDer: "", directoryUrl });
  }
  await journal.erase();
  return error;
}

type Left = "nothing" | "order" | "orderWithoutRequest";

/** What a failure leaves for a later run. Where the class does not tell, the CA is asked. */
async function leftAfter(error: CertificatesError, orderUrl: string, client: AcmeClient): Promise<Left> {
  const { failureClass, details } = error instanceof AcmeError ? error : { failureClass: "fatal", details: {} };
  if (failureClass === "retryNow" || failureClass === "retryLater") return "order";
  // Its authorizations failed; not every server says at once that the order did.
  if (failureClass === "newOrder") return "nothing";
  const isRefusal = details.problem !== undefined;
  switch (await statusOf(orderUrl, client)) {
    case "pending":
    case "ready":
      // The request would be refused again.
      return isRefusal && failureClass === "fatal" ? "orderWithoutRequest" : "order";
    case "processing":
    case "unknown":
      return "order";
    case "valid":
      // Its certificate was there, and is of no use.
      return isRefusal ? "order" : "nothing";
    case "invalid":
    case undefined:
      return "nothing";
  }
}

/** `unknown` while the CA cannot be asked: the next run looks at the order before it uses it. */
async function statusOf(
  orderUrl: string,
  client: AcmeClient,
): Promise<Awaited<ReturnType<typeof orderStatus>> | "unknown"> {
  try {
    return await orderStatus(client, orderUrl);
  } catch (error) {
    if (error instanceof AcmeError) return "unknown";
    throw error;
  }
}
