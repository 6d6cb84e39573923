import { type LimitUse, type OrderKind, type RateLimits, limitsUsed } from "./rateLimits";
import type { RegisteredDomain } from "./registeredDomain";

/** An order that this run would place. */
export interface PlannedOrder {
  readonly resource: string;
  readonly names: readonly string[];
  readonly kind: OrderKind;
  /** When the certificate that it is to follow ends; undefined for a first one. */
  readonly notAfter?: number;
}

/** An order that the stack knows of. */
export interface PastOrder {
  readonly at: number;
  readonly names: readonly string[];
  readonly kind: OrderKind;
}

export interface OrderSituation {
  readonly planned: readonly PlannedOrder[];
  readonly past: readonly PastOrder[];
  readonly limits: RateLimits;
  readonly domainOf: RegisteredDomain;
  readonly now: number;
  /** How long the run waits for a limit at most, in milliseconds. @default 0 */
  readonly patience?: number;
}

export interface WaitingOrder {
  readonly order: PlannedOrder;
  /** When the limits let it through, as far as the stack knows. */
  readonly at: number;
  /** The limit that holds it back. */
  readonly limit: LimitUse;
}

export interface OrderQueue {
  /** In the order in which they are to be placed. */
  readonly go: readonly PlannedOrder[];
  readonly waiting: readonly WaitingOrder[];
}

/**
 * Which orders go in this run, and when the others can. The certificate with the least life left goes first, and a first
 * one after all that are in use. One that must wait does not hold up those after it that need nothing of its limit.
 */
export function queueOrders(situation: OrderSituation): OrderQueue {
  const { planned, now, patience = 0 } = situation;
  const buckets = bucketsOf(situation);
  const go: PlannedOrder[] = [];
  const waiting: WaitingOrder[] = [];
  for (const order of [...planned].sort(byUrgency)) {
    const uses = usesOf(order, situation);
    let [at, limit]: [number, LimitUse | undefined] = [now, undefined];
    for (const use of uses) {
      const free = buckets.freeAt(use);
      if (free > at) [at, limit] = [free, use];
    }
    if (limit === undefined || at <= now + patience) {
      for (const use of uses) buckets.use(use, at);
      go.push(order);
    } else {
      // Those behind it wait for the one after. What does not hold it back is free until then.
      for (const use of uses) if (buckets.freeAt(use) > now + patience) buckets.use(use, now);
      waiting.push({ order, at, limit });
    }
  }
  return { go, waiting };
}

/** How many more than the planned orders a limit would let through now; negative where some of them must wait. */
export function placesLeft(situation: OrderSituation): (use: LimitUse) => number {
  const buckets = bucketsOf(situation);
  const wanted = new Map<string, number>();
  for (const order of situation.planned) {
    for (const { key } of usesOf(order, situation)) wanted.set(key, (wanted.get(key) ?? 0) + 1);
  }
  return (use) => buckets.free(use, situation.now) - (wanted.get(use.key) ?? 0);
}

function bucketsOf(situation: OrderSituation): Buckets {
  const buckets = new Buckets();
  for (const order of [...situation.past].sort((a, b) => a.at - b.at)) {
    for (const use of usesOf(order, situation)) buckets.use(use, order.at);
  }
  return buckets;
}

const known = new WeakMap<PlannedOrder | PastOrder, { readonly limits: RateLimits; readonly uses: LimitUse[] }>();

/** The limits that an order uses; found out once for an order that is asked about again and again. */
export function usesOf(
  order: PlannedOrder | PastOrder,
  { limits, domainOf }: Pick<OrderSituation, "limits" | "domainOf">,
): readonly LimitUse[] {
  let entry = known.get(order);
  if (entry?.limits !== limits) known.set(order, (entry = { limits, uses: limitsUsed(order, limits, domainOf) }));
  return entry.uses;
}

function byUrgency(a: PlannedOrder, b: PlannedOrder): number {
  const [left, right] = [a.notAfter ?? Infinity, b.notAfter ?? Infinity];
  if (left !== right) return left - right;
  return a.resource < b.resource ? -1 : Number(a.resource > b.resource);
}

/** Token buckets by the generic cell rate algorithm, as Let's Encrypt counts: each use comes back after `per / count`. */
class Buckets {
  /** When the bucket is full again. */
  private readonly fullAt = new Map<string, number>();

  use({ key, limit }: LimitUse, at: number): void {
    this.fullAt.set(key, Math.max(this.fullAt.get(key) ?? -Infinity, at) + limit.per / limit.count);
  }

  /** How many are let through at once. */
  free({ key, limit: { count, per } }: LimitUse, now: number): number {
    const used = Math.max(0, (this.fullAt.get(key) ?? -Infinity) - now) / (per / count);
    return Math.floor(count - used + 1e-6);
  }

  /** From when on one more is let through. */
  freeAt({ key, limit }: LimitUse): number {
    const fullAt = this.fullAt.get(key);
    return fullAt === undefined ? -Infinity : Math.round(fullAt + limit.per / limit.count - limit.per);
  }
}
