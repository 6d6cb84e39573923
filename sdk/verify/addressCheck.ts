import type { ParsedEndpoint } from "./endpoint";
import type { ParsedExpected } from "./expected";
import { type Finding, judgeServed } from "./judge";
import { probeEndpoint } from "./probe";
import type { ServedKeyType, TlsVersion } from "./served";

export interface AddressCheckOptions {
  expected: ParsedExpected;
  serverName: string | undefined;
  /** Given: each of these must be offered. Absent: those of 1.2 and 1.3 that the server offers, at least one. */
  tlsVersions: readonly TlsVersion[] | undefined;
  probeTimeoutMs: number;
  signal: AbortSignal;
}

/** What one round of handshakes with one IP address found; it passes if there are no findings. */
export interface AddressCheck {
  findings: Finding[];
  /** The TLS versions in which the right certificate was served. */
  tlsVersions: TlsVersion[];
  fingerprintsSha256: string[];
  clientCertificateRequired: boolean;
}

/** One handshake for each TLS version and, where several certificates are expected, for each kind of key. */
export async function checkAddress(
  endpoint: ParsedEndpoint,
  address: string,
  options: AddressCheckOptions,
): Promise<AddressCheck> {
  const { expected, tlsVersions } = options;
  const keyTypes: (ServedKeyType | undefined)[] = expected.fingerprints.length > 1 ? ["ECDSA", "RSA"] : [undefined];
  const seen = { versions: new Set<TlsVersion>(), fingerprints: new Set<string>(), clientCertificate: false };
  const findings: Finding[] = [];
  for (const tlsVersion of tlsVersions ?? (["1.3", "1.2"] as const)) {
    for (const keyType of keyTypes) {
      const outcome = await probeEndpoint({ ...endpoint, address }, probeOptions(options, tlsVersion, keyType));
      if (!outcome.ok) {
        const { kind, message } = outcome.failure;
        findings.push({ reason: kind, message, tlsVersion, ...(keyType === undefined ? {} : { keyType }) });
        // Without a TCP connection the other handshakes would only wait in vain.
        if (kind === "refused" || kind === "unreachable" || kind === "timeout" || kind === "aborted") {
          return result(findings, seen);
        }
        continue;
      }
      const finding = await judgeServed(outcome.served, expected, new Date());
      if (finding !== undefined) findings.push({ ...finding, ...(keyType === undefined ? {} : { keyType }) });
      else seen.versions.add(tlsVersion);
      seen.fingerprints.add(outcome.served.fingerprintSha256);
      seen.clientCertificate ||= outcome.served.clientCertificateRequired;
    }
  }
  const counted = tlsVersions === undefined ? withoutUnofferedVersion(findings) : findings;
  return result(counted.length > 0 ? counted : unseen(expected, seen.fingerprints), seen);
}

/** A server may offer just one version; one that offers neither has two findings and keeps them. */
function withoutUnofferedVersion(findings: Finding[]): Finding[] {
  const unoffered = new Set(findings.filter((one) => one.reason === "versionNotOffered").map((one) => one.tlsVersion));
  return unoffered.size === 1 ? findings.filter((one) => one.reason !== "versionNotOffered") : findings;
}

function unseen(expected: ParsedExpected, seen: ReadonlySet<string>): Finding[] {
  return expected.fingerprints
    .filter((fingerprint) => !seen.has(fingerprint))
    .map((fingerprint) => ({
      reason: "notServed",
      message: `serves the certificate with sha256 ${fingerprint.slice(0, 16)}… neither to clients that want an ECDSA key nor to those that want RSA`,
    }));
}

function probeOptions(
  options: AddressCheckOptions,
  tlsVersion: TlsVersion,
  keyType: ServedKeyType | undefined,
): Parameters<typeof probeEndpoint>[1] {
  const { serverName, probeTimeoutMs, signal } = options;
  return {
    timeoutMs: probeTimeoutMs,
    signal,
    tlsVersion,
    ...(serverName === undefined ? {} : { serverName }),
    ...(keyType === undefined ? {} : { keyType }),
  };
}

function result(
  findings: Finding[],
  seen: { versions: Set<TlsVersion>; fingerprints: Set<string>; clientCertificate: boolean },
): AddressCheck {
  return {
    findings,
    tlsVersions: [...seen.versions].sort(),
    fingerprintsSha256: [...seen.fingerprints].sort(),
    clientCertificateRequired: seen.clientCertificate,
  };
}
