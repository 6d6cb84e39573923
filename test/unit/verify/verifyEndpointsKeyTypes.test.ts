import { describeFailures } from "../../../sdk/verify/describeFailures";
import type { ExpectedCertificate } from "../../../sdk/verify/expected";
import { OpenServers } from "../../support/openServers";
import { issueTestCertificate, type TestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";
import { useCertificates, issuing, web, expected, at, verify, failures } from "../../support/verifications";

useCertificates();

const servers = new OpenServers();

describe("RSA and ECDSA side by side", () => {
  let rsa: TestCertificate;
  let oldRsa: TestCertificate;
  beforeAll(async () => {
    rsa = await issueTestCertificate(issuing, { keyType: "RSA" });
    oldRsa = await issueTestCertificate(issuing, { keyType: "RSA" });
  });
  const both = (ecdsa: TestCertificate, other: TestCertificate) => ({
    cert: [ecdsa.fullChainPem, other.fullChainPem],
    key: [ecdsa.privateKeyPem, other.privateKeyPem],
  });
  const expectBoth = (): ExpectedCertificate => ({
    ...expected(web),
    fingerprintSha256: [web.fingerprintSha256, rsa.fingerprintSha256],
  });

  it("passes if both are right", async () => {
    const { port } = await servers.tls(both(web, rsa));
    expect(await verify([at(port)], { expected: expectBoth() })).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ fingerprintsSha256: [web.fingerprintSha256, rsa.fingerprintSha256].sort() }] }],
    });
  });

  it("fails if one of the two is old", async () => {
    const { port } = await servers.tls(both(web, oldRsa));
    const found = await failures([at(port)], { expected: expectBoth() });
    expect(found).toMatchObject([{ reason: "wrongCertificate", keyType: "RSA" }]);
    expect(describeFailures(found)[0]).toContain("[TLS 1.3 RSA, TLS 1.2 RSA]");
  });

  it("fails if one of the two is missing", async () => {
    const { port } = await servers.tls(served(web));
    expect(await failures([at(port)], { expected: expectBoth() })).toMatchObject([{ reason: "alert", keyType: "RSA" }]);
  });

  it("fails if a third one is expected that nobody gets", async () => {
    const { port } = await servers.tls(both(web, rsa));
    const three = { ...expected(web), fingerprintSha256: [web, rsa, oldRsa].map((one) => one.fingerprintSha256) };
    expect(await failures([at(port)], { expected: three })).toMatchObject([{ reason: "notServed" }]);
  });
});
