import type { Identifier } from "./challenge";
import { recordOf } from "./directory";
import { AcmeError } from "./problem";
import type { CoreResponse } from "./protocolCore";

/** An order as the server describes it (RFC 8555, 7.1.3). */
export interface Order {
  readonly url: string;
  readonly status: "pending" | "ready" | "processing" | "valid" | "invalid";
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate?: string;
  readonly expires?: string;
  readonly profile?: string;
  readonly error?: unknown;
  /** Of the answer that it came with. */
  readonly retryAfter?: string;
}

const statuses: readonly string[] = ["pending", "ready", "processing", "valid", "invalid"];
const mostAuthorizations = 1_000;

/** Reads an order; refuses one that lacks what every order has. */
export function readOrder(response: CoreResponse, url: string): Order {
  const fields = recordOf(response.data);
  const { status, finalize, authorizations, identifiers } = fields;
  if (
    typeof status !== "string" ||
    !statuses.includes(status) ||
    typeof finalize !== "string" ||
    !Array.isArray(authorizations) ||
    authorizations.length > mostAuthorizations ||
    !Array.isArray(identifiers)
  )
    throw new AcmeError(`The ACME server ${new URL(url).host} sent something else than an order.`, "nextIssuer", {
      isIssuersFault: true,
    });
  const texts = ["certificate", "expires", "profile"].filter((name) => typeof fields[name] === "string");
  const retryAfter = response.headers["retry-after"];
  return {
    url,
    status: status as Order["status"],
    finalize,
    authorizations: authorizations.map(String),
    identifiers: identifiers.map((each) => recordOf(each) as unknown as Identifier),
    ...Object.fromEntries(texts.map((name) => [name, fields[name]])),
    ...(fields.error !== undefined && fields.error !== null && { error: fields.error }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** Whether an order is for these names and no others. */
export function isFor(order: Order, identifiers: readonly Identifier[]): boolean {
  const textOf = (list: readonly Identifier[]): string =>
    [...new Set(list.map(({ type, value }) => `${type}:${value.toLowerCase()}`))].sort().join();
  return textOf(order.identifiers) === textOf(identifiers);
}

/** The names as messages list them. */
export function namesOf(identifiers: readonly Identifier[]): string {
  const names = identifiers.map(({ value }) => value);
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
}
