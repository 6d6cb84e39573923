import { knownDirectory } from "../acme/knownDirectories";
import { day, hour, parseDuration } from "../duration";
import { invalidArgument } from "../errors";
import type { RegisteredDomain } from "./registeredDomain";

/** So many in so many milliseconds. What was used comes back one by one over that time. */
export interface RateLimit {
  readonly count: number;
  readonly per: number;
}

/** What a CA limits, and this package can foresee. */
export interface RateLimits {
  /** New orders of an account. */
  readonly orders?: RateLimit;
  /** New certificates for names of one registered domain, from all accounts together. */
  readonly domain?: RateLimit;
  /** Certificates for exactly the same names, from all accounts together. */
  readonly names?: RateLimit;
  /** A renewal for the same names counts like any other order, and not against `names` alone. */
  readonly countsRenewals?: boolean;
}

type LimitKind = "orders" | "domain" | "names";

/** The same as arguments: `{ domain: { count: 200, per: "7d" } }`. `false` is no limit. */
export type RateLimitsArgument = {
  readonly [limit in LimitKind]?: { readonly count: number; readonly per: string } | false;
};

/** What CAs publish. Others publish no numbers, or do not count orders; of what they exempt nothing is known. */
const published: Readonly<Record<string, RateLimits>> = {
  // https://letsencrypt.org/docs/rate-limits/
  letsencrypt: {
    orders: { count: 300, per: 3 * hour },
    domain: { count: 50, per: 7 * day },
    names: { count: 5, per: 7 * day },
  },
  // https://letsencrypt.org/docs/staging-environment/
  "letsencrypt-staging": {
    orders: { count: 1_500, per: 3 * hour },
    domain: { count: 30_000, per: 7 * day },
    names: { count: 30_000, per: 7 * day },
  },
};

const kinds = ["orders", "domain", "names"] as const satisfies readonly LimitKind[];

/**
 * The limits that hold for a stack at a directory.
 *
 * @param directory its known name, or its URL
 * @param overrides what the user knows better: a limit that the CA raised, or one of a CA that publishes none
 * @param share which part of them this stack may use: other stacks share them
 */
export function limitsOf(directory: string, overrides: RateLimitsArgument = {}, share = 1): RateLimits {
  assertKinds(overrides);
  if (!(share > 0 && share <= 1)) {
    throw invalidArgument(
      "rateBudget.share",
      `${share} is no part of a whole.`,
      "Use a number over 0 and up to 1, such as 0.25.",
    );
  }
  const base = published[knownDirectory(directory)?.name ?? ""];
  const limits: { -readonly [limit in LimitKind]?: RateLimit } = {};
  for (const kind of kinds) {
    const override = overrides[kind];
    const limit = override === undefined ? base?.[kind] : override === false ? undefined : parseLimit(override, kind);
    // A share that is less than one would never let anything through.
    if (limit !== undefined) limits[kind] = { ...limit, count: Math.max(1, Math.floor(limit.count * share)) };
  }
  return base === undefined && Object.keys(limits).length > 0 ? { ...limits, countsRenewals: true } : limits;
}

function assertKinds(overrides: RateLimitsArgument): void {
  for (const kind of Object.keys(overrides)) {
    if ((kinds as readonly string[]).includes(kind)) continue;
    throw invalidArgument(`rateLimits.${kind}`, "is no limit that is looked at.", `Use ${kinds.join(", ")}.`);
  }
}

function parseLimit({ count, per }: { readonly count: number; readonly per: string }, kind: LimitKind): RateLimit {
  if (!Number.isInteger(count) || count < 1) {
    throw invalidArgument(
      `rateLimits.${kind}.count`,
      `${count} is no number of orders.`,
      "Use a whole number from 1 on.",
    );
  }
  return { count, per: parseDuration(per, `rateLimits.${kind}.per`) };
}

/**
 * How a CA counts an order: `new`; a `renewal` for exactly the names of a certificate that was issued before; or one that
 * the CA itself suggested, placed inside the window that it named (RFC 9773, 5).
 */
export type OrderKind = "new" | "renewal" | "suggested";

/** One limit that an order uses. */
export interface LimitUse {
  readonly key: string;
  /** For people: `example.com`. */
  readonly label: string;
  readonly limit: RateLimit;
}

/** The limits that an order counts against: a suggested renewal none, another renewal mostly that of the same names only. */
export function limitsUsed(
  { names, kind }: { readonly names: readonly string[]; readonly kind: OrderKind },
  limits: RateLimits,
  domainOf: RegisteredDomain,
): LimitUse[] {
  if (kind === "suggested") return [];
  const set = [...new Set(names.map((name) => name.toLowerCase()))].sort();
  const uses: LimitUse[] = [];
  if (limits.names) uses.push({ key: `names ${set.join(" ")}`, label: labelOf(set), limit: limits.names });
  if (kind === "renewal" && limits.countsRenewals !== true) return uses;
  const { orders, domain } = limits;
  if (domain) {
    for (const label of new Set(set.map(domainOf))) uses.push({ key: `domain ${label}`, label, limit: domain });
  }
  if (orders) uses.push({ key: "orders", label: "the account", limit: orders });
  return uses;
}

function labelOf([first = "", ...more]: readonly string[]): string {
  return more.length === 0 ? `the same name ${first}` : `the same ${more.length + 1} names as ${first}`;
}
