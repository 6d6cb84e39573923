import type { Endpoint } from "../../sdk/verify/endpoint";
import type { ExpectedCertificate } from "../../sdk/verify/expected";
import type { VerifyResult } from "../../sdk/verify/verifyResult";
import { verifyEndpoints, type VerifyOptions } from "../../sdk/verify/verifyEndpoints";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "./testCertificates";

export const day = 86_400_000;
export let root: TestCa;
export let middle: TestCa;
export let issuing: TestCa;
export let oldWeb: TestCertificate;
export let web: TestCertificate;

export function expected(certificate: TestCertificate): ExpectedCertificate {
  return {
    fingerprintSha256: certificate.fingerprintSha256,
    intermediatesPem: certificate.chainPem,
    trustBundlePem: certificate.rootPem,
    dnsNames: ["web.example.com"],
  };
}

export const at = (port: number, address = "127.0.0.1"): Endpoint => ({ address, port });

export function verify(endpoints: Endpoint[], options: Partial<VerifyOptions> = {}): Promise<VerifyResult> {
  return verifyEndpoints({ endpoints, expected: expected(web), timeoutMs: 20_000, intervalMs: 20, ...options });
}

export async function failures(endpoints: Endpoint[], options: Partial<VerifyOptions> = {}) {
  const result = await verify(endpoints, { maxRounds: 2, ...options });
  if (result.ok) throw new Error("verified");
  return result.failures;
}

/** The certificates that servers show: `oldWeb` and `web`, below two intermediates. */
export function useCertificates(): void {
  beforeAll(async () => {
    root = await createTestCa("Test Root");
    middle = await createTestCa("Test Middle", root);
    issuing = await createTestCa("Test Issuing", middle);
    oldWeb = await issueTestCertificate(issuing);
    web = await issueTestCertificate(issuing);
  });
}
