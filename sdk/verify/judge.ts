import type { ParsedExpected } from "./expected";
import type { Served, ServedKeyType, TlsVersion } from "./served";
import { type ChainProblem, judgeChain } from "./servedChain";
import type { ProbeFailureKind } from "./probeFailure";

/**
 * Why an address does not pass.
 *
 * - `wrongCertificate`: it serves another certificate;
 * - `expired`, `notYetValid`: it serves the right one, outside of its validity;
 * - `missingIssuer`, `chainOutOfOrder`, `invalidChain`: the right one, with a chain that clients cannot use;
 * - `notServed`: one of several expected certificates is served to nobody;
 * - `notSettled`: it was right when last asked, but not yet often enough in a row;
 * - everything else: no certificate was seen, see {@link ProbeFailureKind}.
 */
export type FailureReason =
  | "wrongCertificate"
  | "expired"
  | "notYetValid"
  | ChainProblem["reason"]
  | "notServed"
  | "notSettled"
  | ProbeFailureKind;

/** What was found in place of what was expected. */
export interface Finding {
  reason: FailureReason;
  /** In one sentence, without the endpoint. */
  message: string;
  tlsVersion?: TlsVersion;
  keyType?: ServedKeyType;
  /** What was served, where a certificate was. */
  served?: ServedSummary;
  /** The subject of the first chain element that was not sent. */
  missingIssuer?: string;
}

export interface ServedSummary {
  subject: string;
  serialNumber: string;
  fingerprintSha256: string;
  notBefore: string;
  notAfter: string;
}

/** Compares what was served with what was expected. `undefined` means that all is well. */
export async function judgeServed(served: Served, expected: ParsedExpected, at: Date): Promise<Finding | undefined> {
  const found = (reason: FailureReason, message: string, missingIssuer?: string): Finding => ({
    reason,
    message,
    tlsVersion: served.tlsVersion,
    served: summaryOf(served),
    ...(missingIssuer === undefined ? {} : { missingIssuer }),
  });
  if (!expected.fingerprints.includes(served.fingerprintSha256)) {
    const wanted = expected.fingerprints.map((one) => `sha256 ${short(one)}`).join(" or ");
    return found("wrongCertificate", `serves ${description(served, at)}; expected ${wanted}`);
  }
  if (served.notAfter < at) return found("expired", `serves the expected certificate, but ${description(served, at)}`);
  if (served.notBefore > at) {
    const from = instant(served.notBefore);
    return found("notYetValid", `serves the expected certificate, but it is valid only from ${from} (clock wrong?)`);
  }
  const problem = await judgeChain(served.certificates, expected, at);
  if (problem === undefined) return undefined;
  const missing = problem.reason === "missingIssuer" ? problem.missingIssuer : undefined;
  return found(problem.reason, `serves the expected certificate, but ${chainSentence(problem, served)}`, missing);
}

function chainSentence(problem: ChainProblem, served: Served): string {
  switch (problem.reason) {
    case "missingIssuer": {
      const sent = served.certificates.length;
      return `its chain is incomplete: ${problem.missingIssuer}, which issued ${problem.issuedBy}, was not sent and is no trusted root (${String(sent)} ${sent === 1 ? "certificate" : "certificates"} sent)`;
    }
    case "chainOutOfOrder":
      return `its chain is out of order: ${problem.misplaced} must come right after ${problem.belongsAfter}`;
    case "invalidChain":
      return `its chain is not valid: ${problem.message}`;
  }
}

function description(served: Served, at: Date): string {
  const until = served.notAfter < at ? "expired" : "valid until";
  return `${served.subject}, serial ${served.serialNumber}, ${until} ${instant(served.notAfter)}, sha256 ${short(served.fingerprintSha256)}`;
}

function summaryOf(served: Served): ServedSummary {
  return {
    subject: served.subject,
    serialNumber: served.serialNumber,
    fingerprintSha256: served.fingerprintSha256,
    notBefore: instant(served.notBefore),
    notAfter: instant(served.notAfter),
  };
}

function instant(date: Date): string {
  return date.toISOString().replace(".000Z", "Z");
}

/** Enough of a fingerprint to tell certificates apart by eye. */
function short(fingerprint: string): string {
  return `${fingerprint.slice(0, 16)}…`;
}
