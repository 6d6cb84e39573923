import { givenUp } from "../acme/pause";
import { AcmeError } from "../acme/problem";
import { type AcmeCredentials, requireAcmeCredentials } from "../issuers/acmeCredentials";
import { type DirectoryOrders, type ForeseenOrders, foreseen } from "../lifecycle/foreseenOrders";
import { describeWait, directoryLabel } from "../lifecycle/orderForecast";
import { type RateLimits, type RateLimitsArgument, limitsOf } from "../lifecycle/rateLimits";
import { registeredDomains } from "../lifecycle/registeredDomain";
import { type KnownCertificate, knownCertificates } from "./knownCertificates";
import { OrderLedger } from "./orderLedger";
import { type Quiet, untilQuiet } from "./runActivity";

/** What comes with each certificate of an account about the limits of its CA. */
interface LimitArguments {
  readonly rateLimits?: RateLimitsArgument;
  readonly rateBudget?: { readonly share?: number };
}

/** One order that is about to be placed. */
export interface OrderAsked {
  readonly certificate: KnownCertificate;
  /** The text that came with the certificate. */
  readonly issuerCredentials: unknown;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** What is looked at besides the limits themselves. */
interface Surroundings {
  readonly quiet: Quiet;
  readonly known: ReadonlyMap<string, KnownCertificate>;
  /** What the preview of the run has found, by project and stack. */
  foreseen(stack: string): Promise<ForeseenOrders>;
}

/** The engine's questions come milliseconds apart. */
const enginesPause: Quiet = { pause: 400, most: 15_000 };

/**
 * Holds the orders of a run against the limits of their CA. Where a limit is far, an order goes at once. Where it is
 * close, it is first found out what else the run has to order: then those go whose certificates have the least life
 * left, and the others wait for a later run.
 */
export class OrderBudget {
  private readonly ledgers = new Map<string, Promise<OrderLedger>>();
  private readonly surroundings: Surroundings;
  private fromPreview: Promise<ForeseenOrders> | undefined;

  constructor(surroundings: Partial<Surroundings> = {}) {
    this.surroundings = { quiet: enginesPause, known: knownCertificates(), foreseen, ...surroundings };
  }

  /** Lets a new order through, or throws until when it has to wait. */
  async claim({ certificate, issuerCredentials, now, signal }: OrderAsked): Promise<void> {
    const credentials: AcmeCredentials & LimitArguments = requireAcmeCredentials(issuerCredentials);
    const { directoryUrl, rateLimits, rateBudget } = credentials;
    const limits = limitsOf(directoryUrl, rateLimits, rateBudget?.share);
    if (Object.keys(limits).length === 0) return;
    const ledger = await this.ledgerOf(certificate.news.name, directoryUrl, limits);
    const admitted = ledger.admit(certificate);
    if (ledger.isClose(admitted, now)) await settled(untilQuiet(this.surroundings.quiet, signal));
    const waiting = ledger.place(admitted, now);
    if (waiting === undefined) return;
    throw new AcmeError(describeWait(directoryLabel(directoryUrl), waiting), "retryLater", { retryAt: waiting.at });
  }

  private ledgerOf(name: string, directoryUrl: string, limits: RateLimits): Promise<OrderLedger> {
    const key = JSON.stringify([directoryUrl, limits]);
    let ledger = this.ledgers.get(key);
    if (ledger === undefined) this.ledgers.set(key, (ledger = this.open(name, directoryUrl, limits)));
    return ledger;
  }

  private async open(name: string, directoryUrl: string, limits: RateLimits): Promise<OrderLedger> {
    const stack = name.split("/").slice(0, 2).join("/");
    const [domainOf, orders] = await Promise.all([registeredDomains(), this.orders(stack)]);
    return new OrderLedger(directoryUrl, limits, domainOf, this.surroundings.known, orders[directoryUrl] ?? nothing);
  }

  private orders(stack: string): Promise<ForeseenOrders> {
    return (this.fromPreview ??= this.surroundings.foreseen(stack));
  }
}

async function settled(quiet: Promise<void>): Promise<void> {
  try {
    await quiet;
  } catch (cause) {
    throw givenUp(cause);
  }
}

const nothing: DirectoryOrders = { planned: [], past: [] };

/** One for the run: this process serves all its resources. */
export const orderBudget = new OrderBudget();
