import { createPublicKey } from "node:crypto";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { localSigner } from "../../../sdk/keys/signer";
import { issueCertificate } from "../../../sdk/x509/certificate";
import { keyIdentifierOf } from "../../../sdk/x509/extensions";
import { issuerIdentity } from "../../../sdk/x509/issuerIdentity";
import { parseCertificate } from "../../../sdk/x509/parse";
import { createTestCa } from "../../support/testCertificates";
import type { CertificateTemplate } from "../../../sdk/x509/template";

async function selfSigned(changes: Partial<CertificateTemplate>): Promise<string> {
  const key = await generatePrivateKey("ECDSA-P256");
  const template = {
    subject: { commonName: "CA" },
    names: {},
    publicKey: createPublicKey(key),
    notBefore: new Date(0),
    notAfter: new Date(),
  };
  return (await issueCertificate({ ...template, ...changes }, "self", localSigner(key))).pem;
}

test("it holds what leaves take over", async () => {
  const nameConstraints = { permitted: { dnsDomains: ["example.com"] } };
  const identity = issuerIdentity(await selfSigned({ ca: { pathLength: 0, nameConstraints } }));
  expect(identity).toMatchObject({ nameConstraints, pathLength: 0 });
  expect(identity.keyIdentifier).toHaveLength(20);
});

test("the key identifier is taken over as the CA has it, however it was computed", async () => {
  const { certificatePem } = await createTestCa("foreign");
  const { subjectKeyIdentifier } = parseCertificate(certificatePem, "ca");
  const identity = issuerIdentity(certificatePem);
  expect(Buffer.from(identity.keyIdentifier).toString("hex")).toBe(subjectKeyIdentifier);
  expect(Buffer.from(identity.keyIdentifier).equals(keyIdentifierOf(Buffer.from(identity.spkiDer)))).toBe(false);
});

test("the same text is read once", async () => {
  const pem = await selfSigned({ ca: {} });
  expect(issuerIdentity(pem)).toBe(issuerIdentity(pem));
});

test("a certificate that is no CA cannot issue", async () => {
  const pem = await selfSigned({});
  expect(() => issuerIdentity(pem, "issuer")).toThrow("issuer: CN=CA is no CA, so it cannot issue");
});

test("a thousand CAs are not all remembered", async () => {
  const pem = await selfSigned({ ca: {} });
  const first = issuerIdentity(pem);
  for (let each = 0; each < 100; each++) issuerIdentity(`${" ".repeat(each + 1)}${pem}`);
  expect(issuerIdentity(pem)).not.toBe(first);
});
