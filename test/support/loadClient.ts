import { join } from "node:path";
import { startScript } from "./lineProcess";

/** What clients saw of a server over some time. */
export interface LoadSummary {
  /** Full handshakes that succeeded, each with an answered request. */
  readonly handshakes: number;
  readonly handshakesPerSecond: number;
  readonly byVersion: Readonly<Record<"TLSv1.2" | "TLSv1.3", number>>;
  /** Handshakes that resumed a session; there must be none. */
  readonly resumed: number;
  /** Every failure, in words. */
  readonly errors: readonly string[];
  /** How often the served certificate changed. */
  readonly changes: number;
  /** The served certificates in the order in which they were seen, a repeated one as often as it came back. */
  readonly fingerprints: readonly string[];
  /** Handshakes on each of `fingerprints`. */
  readonly handshakesOn: readonly number[];
}

export interface LoadClient {
  /** Ends the load and says what was seen. */
  summary(): Promise<LoadSummary>;
  /** Ends the process, if `summary` was not reached. */
  stop(): Promise<void>;
}

export interface LoadClientOptions {
  port: number;
  /** PEM file with the trusted roots. */
  caPath: string;
  serverName: string;
  /** Handshakes a second at most. @default 80 */
  rate?: number;
}

interface Printed {
  handshakes: number;
  resumed: number;
  "TLSv1.2": number;
  "TLSv1.3": number;
  seconds: number;
  seen: { fingerprint: string; handshakes: number }[];
  errors: string[];
}

/** Starts the load in a process of its own, so that a busy test does not slow it down; resolves after the first handshake. */
export async function startLoadClient({ port, caPath, serverName, rate = 80 }: LoadClientOptions): Promise<LoadClient> {
  const args = ["--port", String(port), "--ca", caPath, "--server-name", serverName, "--rate", String(rate)];
  const client = startScript(join(__dirname, "loadClientProcess.mjs"), args);
  await client.line((one) => one === "started");
  return {
    summary: async () => {
      client.endInput();
      const printed = JSON.parse(await client.line((one) => one.startsWith("{"))) as Printed;
      await client.stop();
      return summaryOf(printed);
    },
    stop: () => client.stop(),
  };
}

function summaryOf(printed: Printed): LoadSummary {
  return {
    handshakes: printed.handshakes,
    handshakesPerSecond: printed.handshakes / printed.seconds,
    byVersion: { "TLSv1.2": printed["TLSv1.2"], "TLSv1.3": printed["TLSv1.3"] },
    resumed: printed.resumed,
    errors: printed.errors,
    changes: Math.max(0, printed.seen.length - 1),
    fingerprints: printed.seen.map((one) => one.fingerprint),
    handshakesOn: printed.seen.map((one) => one.handshakes),
  };
}
