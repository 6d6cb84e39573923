import type { AddressState } from "./addressState";
import type { ParsedEndpoint } from "./endpoint";
import type { Finding } from "./judge";
import type { TlsVersion } from "./served";

export interface VerifiedAddress {
  /** The IP address. */
  address: string;
  tlsVersions: TlsVersion[];
  fingerprintsSha256: string[];
  /** It asks its clients for certificates, so that the handshakes were not carried through. */
  clientCertificateRequired: boolean;
}

export interface VerifiedEndpoint extends ParsedEndpoint {
  addresses: VerifiedAddress[];
}

/** One address of one endpoint that does not serve what it should, and why. */
export interface EndpointFailure extends Finding {
  endpoint: ParsedEndpoint;
  /** The IP address; absent if the name could not be resolved. */
  resolvedAddress?: string;
  /** All that was found there; the failure's own fields are those of the first. */
  findings: Finding[];
  /** Rounds that this address failed, of those in which it was asked. */
  failedRounds: number;
  rounds: number;
}

export type VerifyResult = { ok: true; endpoints: VerifiedEndpoint[] } | { ok: false; failures: EndpointFailure[] };

/** The end of a verification that succeeded. */
export function verified(endpoint: ParsedEndpoint, states: readonly AddressState[]): VerifiedEndpoint {
  const addresses: VerifiedAddress[] = [];
  for (const { endpoint: owner, address, lastGood } of states) {
    if (owner !== endpoint || address === undefined || lastGood === undefined) continue;
    const { tlsVersions, fingerprintsSha256, clientCertificateRequired } = lastGood;
    addresses.push({ address, tlsVersions, fingerprintsSha256, clientCertificateRequired });
  }
  return { ...endpoint, addresses };
}

/** What to say of addresses that were not right often enough: of those found wrong, else that the time was short. */
export function failuresOf(states: readonly AddressState[], successes: number): EndpointFailure[] {
  const wrong = states.filter((state) => state.findings.length > 0);
  return (wrong.length > 0 ? wrong : states).map((state) => failureOf(state, successes));
}

function failureOf(state: AddressState, successes: number): EndpointFailure {
  const { endpoint, address, findings, failedRounds, rounds, streak } = state;
  const shown: Finding[] = findings.length > 0 ? findings : [notSettled(streak, successes)];
  return {
    ...(shown[0] as Finding),
    endpoint,
    ...(address === undefined ? {} : { resolvedAddress: address }),
    findings: shown,
    failedRounds,
    rounds,
  };
}

function notSettled(streak: number, successes: number): Finding {
  return {
    reason: "notSettled",
    message: `serves the expected certificate, but the time was up after ${String(streak)} of ${String(successes)} rounds in a row; allow a longer timeout`,
  };
}
