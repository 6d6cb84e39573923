import { knownDirectory } from "../acme/knownDirectories";
import { day, formatDay, formatDuration } from "../duration";
import { type OrderSituation, type WaitingOrder, queueOrders } from "./orderQueue";
import { type LimitUse, limitsUsed } from "./rateLimits";

const mostNamed = 3;

interface Usage extends LimitUse {
  readonly used: number;
}

/**
 * What a preview says about the orders of its run at one directory: how many, how much of the CA's limits they use
 * together with those of the stack before, and which of them wait for which day. Advisory: others share the limits.
 */
export function forecastOrders(nameOrUrl: string, situation: OrderSituation): string[] {
  const directory = directoryLabel(nameOrUrl);
  const { planned } = situation;
  if (planned.length === 0) return [];
  const uses = usages(situation);
  const free = planned.filter(({ kind }) => kind === "suggested").length;
  const parts = [
    ...listed(uses.map(describeUsage), "more"),
    ...(free > 0 ? [`${free} renewed at the CA's own time and not counted`] : []),
  ];
  const lines = [
    `${count(planned.length, "order")} on ${directory}${parts.length === 0 ? "" : ": " + parts.join(", ")}`,
  ];
  const { waiting } = queueOrders(situation);
  if (waiting.length > 0)
    lines.push(`${count(waiting.length, "order")} on ${directory} must wait: ${describeWaiting(waiting)}`);
  return lines;
}

/** As people know a directory: by its name, else by its server. */
export function directoryLabel(directory: string): string {
  return knownDirectory(directory)?.name ?? (URL.canParse(directory) ? new URL(directory).host : directory);
}

/** Domains, and what else is used by more than half, the fullest first. */
function usages({ planned, past, limits, domainOf, now }: OrderSituation): Usage[] {
  const byKey = new Map<string, Usage>();
  const add = (use: LimitUse): void => {
    byKey.set(use.key, { ...use, used: (byKey.get(use.key)?.used ?? 0) + 1 });
  };
  for (const order of planned) limitsUsed(order, limits, domainOf).forEach(add);
  const wanted = new Set(byKey.keys());
  for (const order of past) {
    for (const use of limitsUsed(order, limits, domainOf))
      if (wanted.has(use.key) && order.at > now - use.limit.per) add(use);
  }
  const fullness = ({ used, limit }: Usage): number => used / limit.count;
  return [...byKey.values()]
    .filter((usage) => usage.key.startsWith("domain ") || fullness(usage) > 0.5)
    .sort((a, b) => fullness(b) - fullness(a) || (a.label < b.label ? -1 : 1));
}

function describeUsage({ label, used, limit: { count: most, per } }: Usage): string {
  return `${label} ${used} of ${most} ${per === 7 * day ? "this week" : `in ${formatDuration(per)}`}`;
}

/** `web, api until 2027-01-03 (example.com)`, by day and limit, the first day first. */
function describeWaiting(waiting: readonly WaitingOrder[]): string {
  const groups = new Map<string, string[]>();
  for (const { order, at, limit } of [...waiting].sort((a, b) => a.at - b.at)) {
    const until = `until ${formatDay(at)} (${limit.label})`;
    const group = groups.get(until);
    if (group === undefined) groups.set(until, [order.resource]);
    else group.push(order.resource);
  }
  const texts = [...groups].map(([until, resources]) => `${listed(resources, "more").join(", ")} ${until}`);
  return listed(texts, "days more").join("; ");
}

/** For the state of a certificate whose order was not placed in this run: until when it waits, and for what. */
export function describeWait(directory: string, { at, limit }: WaitingOrder): string {
  const { count: most, per } = limit.limit;
  return `The limit of ${directory} for ${limit.label}, ${most} in ${formatDuration(per)}, lets the order through on ${formatDay(at)}.`;
}

function listed(all: readonly string[], rest: string): string[] {
  return all.length <= mostNamed ? [...all] : [...all.slice(0, mostNamed), `${all.length - mostNamed} ${rest}`];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
