import { knownDirectory } from "../acme/knownDirectories";
import { pastOrder, plannedOrder } from "../lifecycle/countedOrders";
import { type DirectoryOrders, foresee } from "../lifecycle/foreseenOrders";
import { forecastOrders } from "../lifecycle/orderForecast";
import { queueOrders } from "../lifecycle/orderQueue";
import { type RateLimitsArgument, limitsOf } from "../lifecycle/rateLimits";
import { registeredDomains } from "../lifecycle/registeredDomain";
import type { FoundCertificate, PreviewTime } from "./foundOrders";

interface Directory {
  /** Its known name, or its URL. */
  readonly directory: string;
  readonly rateLimits?: RateLimitsArgument | undefined;
  readonly share?: number | undefined;
}

export interface DirectoryForecast extends DirectoryOrders {
  readonly directoryUrl: string;
  /** Empty if the run orders nothing. */
  readonly lines: readonly string[];
  /** Whether an order has to wait. */
  readonly isShort: boolean;
}

/** The forecast of a run's orders at one directory. */
export async function forecastOf(
  { directory, rateLimits, share }: Directory,
  notes: readonly (() => FoundCertificate[])[],
  { now }: PreviewTime,
): Promise<DirectoryForecast> {
  const certificates = notes.flatMap((found) => found());
  const directoryUrl = knownDirectory(directory)?.url ?? directory;
  const planned = certificates
    .filter(({ reason }) => reason !== undefined)
    .map((certificate) => plannedOrder(certificate, directoryUrl, now));
  if (planned.length === 0) return { directoryUrl, planned, past: [], lines: [], isShort: false };
  const limits = limitsOf(directory, rateLimits, share);
  const since = now - Math.max(...[limits.orders, limits.domain, limits.names].map((limit) => limit?.per ?? 0));
  const past = certificates.flatMap((one) => {
    const order = pastOrder({ issuedBy: { directoryUrl }, ...one }, directoryUrl, since);
    return order === undefined ? [] : [{ ...order, resource: one.resource }];
  });
  const situation = { planned, past, limits, domainOf: await registeredDomains(), now };
  const isShort = queueOrders(situation).waiting.length > 0;
  return { directoryUrl, planned, past, lines: forecastOrders(directory, situation), isShort };
}

/** Tells the run after this preview whose orders there are, where some have to wait. */
export async function handOver(stack: string, forecasts: readonly DirectoryForecast[]): Promise<void> {
  const isShort = forecasts.some((forecast) => forecast.isShort);
  const orders = Object.fromEntries(
    forecasts.map(({ directoryUrl, planned, past }) => [directoryUrl, { planned, past }]),
  );
  await foresee(stack, isShort ? orders : undefined);
}
