import { type CountedCertificate, pastOrder, plannedOrder } from "../lifecycle/countedOrders";
import {
  type OrderSituation,
  type PastOrder,
  type PlannedOrder,
  type WaitingOrder,
  placesLeft,
  queueOrders,
  usesOf,
} from "../lifecycle/orderQueue";
import type { DirectoryOrders } from "../lifecycle/foreseenOrders";
import type { RateLimits } from "../lifecycle/rateLimits";
import type { RegisteredDomain } from "../lifecycle/registeredDomain";
import { directoryUrlOf } from "./acmeAccountInputs";
import type { KnownCertificate } from "./knownCertificates";
import { countedCertificate } from "./knownOrders";

/** So many places of a limit are left to what the run may still come to: it is not known in advance. */
const mayCome = 20;

/** What is known of the orders of a run at one directory, as long as nothing is added to it. */
interface Outlook {
  readonly stamp: string;
  readonly situation: OrderSituation;
  readonly left: ReturnType<typeof placesLeft>;
  readonly waiting: ReadonlyMap<string, WaitingOrder>;
}

/** The orders of a run at one directory. */
export class OrderLedger {
  /** Those that nobody knew of: of another issuer first, or from a check that this process has not seen. */
  private readonly unknown = new Map<string, KnownCertificate>();
  private readonly placed = new Map<string, PastOrder>();
  private readonly counted = new WeakMap<KnownCertificate, CountedCertificate>();
  private readonly planned = new WeakMap<KnownCertificate, PlannedOrder>();
  private readonly past = new WeakMap<KnownCertificate, PastOrder | typeof none>();
  private readonly longest: number;
  private outlook: Outlook | undefined;

  constructor(
    private readonly directoryUrl: string,
    private readonly limits: RateLimits,
    private readonly domainOf: RegisteredDomain,
    private readonly known: ReadonlyMap<string, KnownCertificate>,
    private readonly foreseen: DirectoryOrders,
  ) {
    const { orders, domain, names } = limits;
    this.longest = Math.max(...[orders, domain, names].map((limit) => limit?.per ?? 0));
  }

  /** The certificate as it is counted. */
  admit(certificate: KnownCertificate): KnownCertificate {
    const { name } = certificate.news;
    const known = this.known.get(name);
    if (known?.reason !== undefined && this.isHere(known)) return known;
    this.unknown.set(name, certificate);
    return certificate;
  }

  /** Whether others that are known, or may come, could need the same place. What a preview has found is all there is. */
  isClose(certificate: KnownCertificate, now: number): boolean {
    if (this.foreseen.planned.length > 0) return false;
    const { situation, left } = this.look(now);
    return usesOf(this.plannedOf(certificate, now), situation).some(
      // Nobody else is likely to ask for exactly the same names.
      (use) => left(use) < (use.key.startsWith("names ") ? 0 : mayCome),
    );
  }

  /** Undefined once the order may be placed. */
  place(certificate: KnownCertificate, now: number): WaitingOrder | undefined {
    const { resource, names, kind } = this.plannedOf(certificate, now);
    const waiting = this.look(now).waiting.get(resource);
    if (waiting === undefined) this.placed.set(resource, { at: now, names, kind });
    return waiting;
  }

  /** What was planned and is placed since uses the place that it had: only what is added changes anything. */
  private look(now: number): Outlook {
    const stamp = [this.known.size, this.unknown.size, Math.floor(now / minute)].join(" ");
    if (this.outlook?.stamp === stamp) return this.outlook;
    const situation = this.situation(now);
    const { waiting } = queueOrders(situation);
    const byResource = new Map(waiting.map((one) => [one.order.resource, one]));
    return (this.outlook = { stamp, situation, left: placesLeft(situation), waiting: byResource });
  }

  private situation(now: number): OrderSituation {
    const planned: PlannedOrder[] = [];
    const past = [...this.placed.values()];
    const seen = new Set<string>();
    for (const certificate of this.certificates()) {
      const before = this.pastOf(certificate, now);
      if (before !== none) past.push(before);
      seen.add(this.countedOf(certificate).resource);
      if (certificate.reason === undefined) continue;
      const order = this.plannedOf(certificate, now);
      if (!this.placed.has(order.resource)) planned.push(order);
    }
    // Those that the engine has not come to yet.
    const isNew = ({ resource }: { resource: string }): boolean => !seen.has(resource);
    planned.push(...this.foreseen.planned.filter(isNew));
    past.push(...this.foreseen.past.filter(isNew));
    return { planned, past, limits: this.limits, domainOf: this.domainOf, now };
  }

  private *certificates(): Generator<KnownCertificate> {
    yield* this.unknown.values();
    for (const certificate of this.known.values())
      if (!this.unknown.has(certificate.news.name) && this.isHere(certificate)) yield certificate;
  }

  private isHere({ news: { issuer } }: KnownCertificate): boolean {
    return issuer?.directory !== undefined && directoryUrlOf({ directory: issuer.directory }) === this.directoryUrl;
  }

  private plannedOf(certificate: KnownCertificate, now: number): PlannedOrder {
    let order = this.planned.get(certificate);
    if (order === undefined) {
      order = plannedOrder(this.countedOf(certificate), this.directoryUrl, now);
      this.planned.set(certificate, order);
    }
    return order;
  }

  private pastOf(certificate: KnownCertificate, now: number): PastOrder | typeof none {
    let order = this.past.get(certificate);
    if (order === undefined) {
      order = pastOrder(this.countedOf(certificate), this.directoryUrl, now - this.longest) ?? none;
      this.past.set(certificate, order);
    }
    return order;
  }

  private countedOf(certificate: KnownCertificate): CountedCertificate {
    let counted = this.counted.get(certificate);
    if (counted === undefined) this.counted.set(certificate, (counted = countedCertificate(certificate)));
    return counted;
  }
}

/** That it came from no order that counts is worth remembering too. */
const none = "none";

const minute = 60_000;
