import type { Material } from "../../../sdk/targets/target";
import { type TestCa, createTestCa, issueTestCertificate } from "../testCertificates";

export type TestMaterial = Material & { readonly privateKeyPem: string };

let issuing: Promise<TestCa> | undefined;

/** A certificate with its key and chain, from one CA per test file. */
export async function testMaterial(
  dnsName = "web.example.com",
): Promise<Material & { readonly privateKeyPem: string }> {
  issuing ??= createTestCa("Root").then((root) => createTestCa("Issuing", root));
  const { certificatePem, chainPem, fullChainPem, privateKeyPem, rootPem, fingerprintSha256 } =
    await issueTestCertificate(await issuing, { commonName: dnsName });
  return {
    certificatePem,
    chainPem,
    fullChainPem,
    privateKeyPem,
    trustBundlePem: rootPem,
    fingerprintSha256,
    dnsNames: [dnsName],
  };
}
