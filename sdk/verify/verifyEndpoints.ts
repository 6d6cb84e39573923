import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { invalidArgument } from "../errors";
import { type Endpoint, type ParsedEndpoint, parseEndpoint } from "./endpoint";
import { type ExpectedCertificate, parseExpected, type ParsedExpected } from "./expected";
import type { Lookup } from "./resolve";
import { Rounds } from "./rounds";
import type { TlsVersion } from "./served";
import { serverNameOf } from "./serverName";
import type { VantageOf } from "./vantage";
import { type EndpointFailure, failuresOf, verified, type VerifyResult } from "./verifyResult";

export interface VerifyOptions {
  endpoints: readonly Endpoint[];
  expected: ExpectedCertificate;
  /** For everything, in milliseconds. @default 120000 */
  timeoutMs?: number;
  /** Gives up after so many rounds, though time may be left. @default as many as the time allows */
  maxRounds?: number;
  /** Between two rounds, in milliseconds; grows up to 20-fold while an endpoint is not right. @default 250 */
  intervalMs?: number;
  /** For one handshake, in milliseconds. @default 10000 */
  probeTimeoutMs?: number;
  /** How many rounds in a row must be right, against servers and load balancers that answer by turns. @default 3 */
  successes?: number;
  /** Each of these must be offered. @default those of 1.2 and 1.3 that the server offers, at least one */
  tlsVersions?: readonly TlsVersion[];
  /** Gives up with the signal's reason. */
  signal?: AbortSignal;
  /** Called after every round. */
  onProgress?: (progress: VerifyProgress) => void;
  /** Takes the place of this machine's resolver. */
  lookup?: Lookup;
  /** Understands the `from` of the endpoints. @default all are asked from this machine */
  vantageOf?: VantageOf;
}

export interface VerifyProgress {
  round: number;
  elapsedMs: number;
  /** What is not right yet; empty in a round in which everything was. */
  failures: EndpointFailure[];
}

/**
 * Asks every address of every endpoint until each serves the expected certificate with a complete chain, several times
 * in a row, or the time is up. Host names are resolved anew in every round. An address that was right is asked again
 * for as long as another is not, so that at the end all of them are right at the same time.
 */
export async function verifyEndpoints(options: VerifyOptions): Promise<VerifyResult> {
  const { timeoutMs = 120_000, maxRounds = Infinity, intervalMs = 250, successes = 3, signal } = options;
  const expected = parseExpected(options.expected);
  if (options.endpoints.length === 0) {
    throw invalidArgument("endpoints", "there are none.", "Name at least one place where the certificate is served.");
  }
  const endpoints = options.endpoints.map((endpoint, index) => parsed(endpoint, index, expected, options.vantageOf));
  const started = performance.now();
  const elapsed = (): number => Math.round(performance.now() - started);
  const deadline = deadlineOf(timeoutMs, signal);
  const rounds = new Rounds(endpoints, expected, options, deadline.signal);
  try {
    for (let wait = intervalMs; ;) {
      const asked = await rounds.ask();
      signal?.throwIfAborted();
      const pending = asked.filter((state) => state.streak < successes);
      if (pending.length === 0) return { ok: true, endpoints: endpoints.map((one) => verified(one, asked)) };
      const wrong = asked.filter((state) => state.streak === 0);
      options.onProgress?.({
        round: rounds.asked,
        elapsedMs: elapsed(),
        failures: failuresOf(wrong, successes),
      });
      wait = wrong.length === 0 ? intervalMs : Math.min(wait * 1.5, intervalMs * 20);
      // The last round gets one interval of its own.
      const spare = timeoutMs - elapsed() - intervalMs;
      if (spare <= 0 || rounds.asked >= maxRounds) return { ok: false, failures: failuresOf(pending, successes) };
      await pause(Math.min(wait, spare), signal);
    }
  } finally {
    deadline.release();
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function parsed(
  endpoint: Endpoint,
  index: number,
  expected: ParsedExpected,
  vantageOf: VantageOf | undefined,
): ParsedEndpoint {
  const property = `endpoints[${String(index)}]`;
  const checked = parseEndpoint(endpoint, property, vantageOf);
  const serverName = serverNameOf(checked, expected.dnsNames, property);
  return { ...checked, ...(serverName === undefined ? {} : { serverName }) };
}

/** Aborts when the time is up or the caller gives up. */
function deadlineOf(timeoutMs: number, signal: AbortSignal | undefined): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  // Every probe under way listens to it.
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      // After an error others are still being asked.
      abort();
    },
  };
}
