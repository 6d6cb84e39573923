import * as pulumi from "@pulumi/pulumi";
import type { RateLimitsArgument } from "../lifecycle/rateLimits";
import { parseDuration } from "../duration";
import type { FoundCertificate, PreviewTime } from "./foundOrders";

/** What an account says of its CA's limits. */
interface AccountLimits {
  readonly rateLimits?: RateLimitsArgument | undefined;
  readonly share?: number | undefined;
}

/** What a preview has found of the ACME certificates of its program, by the directory that they are ordered from. */
interface Findings {
  readonly limits: Map<string, AccountLimits>;
  readonly certificates: Map<string, (() => FoundCertificate[])[]>;
}

/** Shared by every copy of the package in the process: there is one forecast. */
const shared = globalThis as { [key: symbol]: WeakMap<object, Findings> | undefined };
const key = Symbol.for("pulumi-certificates.orderForecasts");

/**
 * The findings of the preview that this code runs in. None in an update, nor where the engine has no hooks (as in a unit
 * test with mocks).
 */
function findings(): Findings | undefined {
  const monitor: unknown = pulumi.runtime.getMonitor();
  if (typeof monitor !== "object" || monitor === null || !("registerResourceHook" in monitor)) return undefined;
  if (!pulumi.runtime.isDryRun()) return undefined;
  const all = (shared[key] ??= listen());
  let found = all.get(monitor);
  if (found === undefined) all.set(monitor, (found = { limits: new Map(), certificates: new Map() }));
  return found;
}

/**
 * When nothing is left to do, every resource of the program has been previewed, and the engine still takes messages. A
 * process that runs inline programs of the Automation API ends long after them, and has no engine of its own.
 */
function listen(): WeakMap<object, Findings> {
  const all = new WeakMap<object, Findings>();
  process.once("beforeExit", () => {
    const monitor: unknown = pulumi.runtime.getMonitor();
    const found = typeof monitor === "object" && monitor !== null ? all.get(monitor) : undefined;
    if (found !== undefined) void print(found);
  });
  return all;
}

/** Takes note of what an account says of the limits at its directory. */
export function noteAccount(
  directory: pulumi.Input<string>,
  rateLimits: pulumi.Input<object> | undefined,
  rateBudget: pulumi.Input<{ share?: pulumi.Input<number> }> | undefined,
): void {
  const noted = findings()?.limits;
  if (noted === undefined) return;
  pulumi.all([directory, rateLimits, rateBudget]).apply(([at, limits, budget]) => {
    if (limits === undefined && budget === undefined) return;
    noted.set(at, { rateLimits: limits, share: budget?.share });
  });
}

/** Takes note of a certificate or set that is about to be created or updated. */
export function noteChange(args: pulumi.ResourceHookArgs): void {
  const { directory } = (args.newInputs?.issuer ?? {}) as { directory?: unknown };
  const noted = typeof directory === "string" ? findings() : undefined;
  if (noted === undefined) return;
  const time = previewTime();
  note(noted, directory as string, () => foundOrders().foundIn(args, time));
}

interface Unchanged {
  readonly certificatePem: pulumi.Output<string>;
  readonly renewal: pulumi.Output<{ reason: string }>;
}

/** Takes note of a certificate that the preview leaves as it is: only then are its outputs known. */
export function noteCertificate(name: string, directory: pulumi.Input<string>, outputs: Unchanged): void {
  const noted = findings();
  if (noted === undefined) return;
  const { certificatePem: pem, renewal } = outputs;
  pulumi.all([directory, pem, renewal]).apply(([at, certificatePem, { reason }]) => {
    note(noted, at, () => [{ resource: name, names: [], certificatePem, issuedFor: reason }]);
  });
}

/** Takes note of a set that the preview leaves as it is. */
export function noteSet(name: string, directory: pulumi.Input<string>, contentsJson: pulumi.Output<string>): void {
  const noted = findings();
  if (noted === undefined) return;
  pulumi
    .all([directory, contentsJson])
    .apply(([at, json]) => note(noted, at, () => foundOrders().membersOfOutput(name, json)));
}

function note({ certificates }: Findings, directory: string, found: () => FoundCertificate[]): void {
  const all = certificates.get(directory);
  if (all === undefined) certificates.set(directory, [found]);
  else all.push(found);
}

/** The same as the provider's. */
export function previewTime(): PreviewTime {
  const travelled = Date.parse(process.env.PULUMI_CERTIFICATES_NOW ?? "");
  const cadence = parseDuration(new pulumi.Config("certificates").get("cadence") ?? "24h", "certificates:cadence");
  return { now: Number.isNaN(travelled) ? Date.now() : travelled, cadence };
}

/** Only advice: whatever goes wrong here must not fail the preview. One that has failed needs none. */
async function print({ limits, certificates }: Findings): Promise<void> {
  if (pulumi.log.hasErrors() || certificates.size === 0) return;
  try {
    const { forecastOf, handOver } = require("./forecastOf") as typeof import("./forecastOf");
    const time = previewTime();
    const forecasts = await Promise.all(
      [...certificates].map(([directory, found]) => forecastOf({ directory, ...limits.get(directory) }, found, time)),
    );
    const lines = forecasts.flatMap((forecast) => forecast.lines);
    if (lines.length > 0) await pulumi.log.info(lines.join("\n"));
    // What would rotate in March is not what the next run orders.
    if (!process.env.PULUMI_CERTIFICATES_NOW) await handOver(`${pulumi.getProject()}/${pulumi.getStack()}`, forecasts);
  } catch (error) {
    await pulumi.log.debug(`no forecast of the orders could be made: ${String(error)}`);
  }
}

function foundOrders(): typeof import("./foundOrders") {
  return require("./foundOrders") as typeof import("./foundOrders");
}
