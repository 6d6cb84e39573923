import { knownDirectory } from "../acme/knownDirectories";
import { pastOrder, plannedOrder } from "../lifecycle/countedOrders";
import { forecastOrders } from "../lifecycle/orderForecast";
import type { PastOrder } from "../lifecycle/orderQueue";
import { type RateLimitsArgument, limitsOf } from "../lifecycle/rateLimits";
import { registeredDomains } from "../lifecycle/registeredDomain";
import type { FoundCertificate, PreviewTime } from "./foundOrders";

interface Directory {
  /** Its known name, or its URL. */
  readonly directory: string;
  readonly rateLimits?: RateLimitsArgument | undefined;
  readonly share?: number | undefined;
}

/** The forecast of a run's orders at one directory; empty if it places none. */
export async function forecastOf(
  { directory, rateLimits, share }: Directory,
  notes: readonly (() => FoundCertificate[])[],
  { now }: PreviewTime,
): Promise<string[]> {
  const certificates = notes.flatMap((found) => found());
  const directoryUrl = knownDirectory(directory)?.url ?? directory;
  const planned = certificates
    .filter(({ reason }) => reason !== undefined)
    .map((certificate) => plannedOrder(certificate, directoryUrl, now));
  if (planned.length === 0) return [];
  const limits = limitsOf(directory, rateLimits, share);
  const since = now - Math.max(...[limits.orders, limits.domain, limits.names].map((limit) => limit?.per ?? 0));
  const past = certificates
    .map((one) => pastOrder({ issuedBy: { directoryUrl }, ...one }, directoryUrl, since))
    .filter((order): order is PastOrder => order !== undefined);
  const situation = { planned, past, limits, domainOf: await registeredDomains(), now };
  return forecastOrders(directory, situation);
}
