import { CertificatesError } from "../errors";
import { endpointName } from "./endpoint";
import type { Finding } from "./judge";
import type { EndpointFailure } from "./verifyResult";

/** One line for each address that failed: who, what it served, how often. */
export function describeFailures(failures: readonly EndpointFailure[]): string[] {
  return failures.map(describeFailure);
}

export function describeFailure(failure: EndpointFailure): string {
  const { endpoint, resolvedAddress, failedRounds, rounds } = failure;
  const where: string[] = [];
  if (endpoint.from?.name !== undefined) where.push(`from ${endpoint.from.name}`);
  if (resolvedAddress !== undefined && resolvedAddress !== endpoint.address) where.push(resolvedAddress);
  if (endpoint.serverName !== undefined && endpoint.serverName !== endpoint.address) {
    where.push(`SNI ${endpoint.serverName}`);
  }
  if (endpoint.protocol !== "tls") where.push(endpoint.protocol);
  const place = `${endpointName(endpoint)}${where.length === 0 ? "" : ` (${where.join(", ")})`}`;
  const found = merged(failure.findings).join("; ");
  const turns =
    failedRounds < rounds && failure.reason !== "notSettled"
      ? ` (in ${String(failedRounds)} of ${String(rounds)} rounds)`
      : "";
  return `${place} ${found}${turns}`;
}

/** The error for a verification that failed, with the lines of {@link describeFailures}. */
export function verificationFailed(failures: readonly EndpointFailure[]): CertificatesError {
  const lines = describeFailures(failures).map((line) => `\n  ${line}`);
  return new CertificatesError("VerificationFailed", `The endpoints do not serve the certificate:${lines.join("")}`, {
    retryable: true,
  });
}

/** What was found alike in several handshakes is said once, with the handshakes it was found in. */
function merged(findings: readonly Finding[]): string[] {
  const byMessage = new Map<string, string[]>();
  for (const { message, tlsVersion, keyType } of findings) {
    const handshake = [tlsVersion === undefined ? "" : `TLS ${tlsVersion}`, keyType ?? ""].filter(Boolean).join(" ");
    byMessage.set(message, [...(byMessage.get(message) ?? []), handshake]);
  }
  return [...byMessage].map(([message, handshakes]) => {
    const named = handshakes.filter(Boolean);
    return named.length === 0 ? message : `${message} [${named.join(", ")}]`;
  });
}
