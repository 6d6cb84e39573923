import type { AddressCheck } from "./addressCheck";
import type { ParsedEndpoint } from "./endpoint";
import type { Finding } from "./judge";

/** What is known of one address over all rounds. */
export interface AddressState {
  readonly endpoint: ParsedEndpoint;
  /** The IP address; absent where the name could not be resolved. */
  readonly address: string | undefined;
  /** Rounds in a row that were right. */
  streak: number;
  rounds: number;
  failedRounds: number;
  /** Of the last round that failed. */
  findings: Finding[];
  lastGood: AddressCheck | undefined;
}

export function newAddressState(endpoint: ParsedEndpoint, address: string | undefined): AddressState {
  return { endpoint, address, streak: 0, rounds: 0, failedRounds: 0, findings: [], lastGood: undefined };
}

/** Counts one round. A round that the deadline cut short says nothing if an earlier one said something. */
export function noteAddressCheck(state: AddressState, check: AddressCheck): void {
  if (check.findings.length > 0) {
    noteFindings(state, check.findings);
    return;
  }
  state.rounds += 1;
  state.streak += 1;
  state.lastGood = check;
}

export function noteFindings(state: AddressState, findings: readonly Finding[]): void {
  const told = findings.filter((finding) => finding.reason !== "aborted");
  if (told.length === 0 && state.rounds > 0) return;
  state.rounds += 1;
  state.failedRounds += 1;
  state.streak = 0;
  state.findings = told.length > 0 ? told : findings.map(asTimeout);
}

/** The first round is cut short only by the time given for everything. */
function asTimeout(finding: Finding): Finding {
  return { ...finding, reason: "timeout", message: "no answer within the time given for the verification" };
}
