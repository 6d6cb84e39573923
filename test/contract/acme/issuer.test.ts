import { createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AcmeClient } from "../../../sdk/acme/client";
import { issuerKind } from "../../../sdk/issuers/registry";
import type { IssueRequest } from "../../../sdk/issuers/issuer";
import { type KeyAlgorithm, keyAlgorithms } from "../../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { privateKeyToPem } from "../../../sdk/keys/pem";
import { createCsr } from "../../../sdk/x509/csr";
import { startFaultProxy } from "../../support/faultProxy";
import { type Fault, reset, serverError } from "../../support/faults";
import { type Pebble, startPebble } from "../../support/pebble";
import { needs } from "../../support/requirements";

const acmeIssuer = issuerKind("acme");
const signal = AbortSignal.timeout(120_000);

needs("pebble").describe("the ACME issuer", () => {
  let pebble: Pebble;
  let folder: string;
  let accountKeyPem: string;
  let accountUrl: string;
  const state = process.env.PULUMI_CERTIFICATES_STATE_DIR;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "acme-issuer-"));
    process.env.PULUMI_CERTIFICATES_STATE_DIR = folder;
    pebble = await startPebble({ answersChallenges: false });
    const { directoryUrl, caBundlePem } = pebble;
    accountKeyPem = privateKeyToPem(await generatePrivateKey("ECDSA-P256"));
    const client = new AcmeClient({ directoryUrl, caBundlePem, accountKeyPem, signal });
    accountUrl = (await client.createAccount({ contacts: [], termsOfServiceAgreed: true })).url;
  });
  afterAll(async () => {
    if (state === undefined) delete process.env.PULUMI_CERTIFICATES_STATE_DIR;
    else process.env.PULUMI_CERTIFICATES_STATE_DIR = state;
    await pebble.stop();
    rmSync(folder, { recursive: true });
  });

  const credentials = (
    directoryUrl = pebble.directoryUrl,
    url = accountUrl,
    keyPem = accountKeyPem,
  ): Record<string, unknown> => ({
    issuer: JSON.stringify({
      directoryUrl,
      caBundlePem: pebble.caBundlePem,
      accountKeyPem: keyPem,
      accountUrl: url,
    }),
    solvers: JSON.stringify([{ http01: { kind: "standalone", port: pebble.httpPort, address: "127.0.0.1" } }]),
  });
  const request = async (name: string, algorithm: KeyAlgorithm = "ECDSA-P256"): Promise<IssueRequest> => {
    const privateKey = await generatePrivateKey(algorithm);
    const template = {
      subject: {},
      names: { dnsNames: [`${name}.example`] },
      publicKey: createPublicKey(privateKey),
      notBefore: new Date(),
      notAfter: new Date(),
    };
    return { name: `project/stack/${name}`, template, privateKey, options: {}, signal, report: () => undefined };
  };
  const journals = (): string[] => readdirSync(join(folder, "orders")).filter((file) => file.endsWith(".order"));

  test.each(keyAlgorithms.filter((algorithm) => algorithm !== "Ed25519"))("certifies an %s key", async (algorithm) => {
    const asked = await request(algorithm.toLowerCase(), algorithm);
    const { certificate, privateKey, issuedBy } = await acmeIssuer.issue(asked, credentials());
    expect(new X509Certificate(certificate.pem).publicKey.equals(asked.template.publicKey)).toBe(true);
    expect(privateKey === undefined || privateKey.equals(asked.privateKey as never)).toBe(true);
    expect(issuedBy).toMatchObject({ directoryUrl: pebble.directoryUrl });
    expect(journals()).toEqual([]);
  });

  test("certifies the user's own request", async () => {
    const { privateKey: key, ...asked } = await request("csr");
    const csrPem = await createCsr({ subject: {}, names: asked.template.names, key: key as never });
    const issued = await acmeIssuer.issue({ ...asked, csrPem }, credentials());
    expect(new X509Certificate(issued.certificate.pem).publicKey.equals(asked.template.publicKey)).toBe(true);
    expect(issued.privateKey).toBeUndefined();
  });

  test("finishes the order of a run that ended after it was placed, with that order's key", async () => {
    const asked = await request("resumed");
    const aborting = {
      ...credentials(),
      solvers: JSON.stringify([{ http01: { kind: "exec", style: "certbot", command: ["/bin/false"] } }]),
    };
    await expect(acmeIssuer.issue(asked, aborting)).rejects.toThrow("resumed.example");
    const placed = await pebble.orders();
    expect(journals()).toHaveLength(1);
    const again = await request("resumed");
    const { certificate, privateKey } = await acmeIssuer.issue(again, credentials());
    expect(await pebble.orders()).toBe(placed);
    expect(privateKey?.equals(asked.privateKey as never)).toBe(true);
    expect(new X509Certificate(certificate.pem).publicKey.equals(asked.template.publicKey)).toBe(true);
    expect(journals()).toEqual([]);
  });

  test("places no second order while the CA answers with errors, resets and truncated texts", async () => {
    const proxy = await startFaultProxy(pebble);
    try {
      const { directoryUrl, caBundlePem } = proxy;
      // An account of its own: its URLs are those of the server through which it was made.
      const proxyKeyPem = privateKeyToPem(await generatePrivateKey("ECDSA-P256"));
      const client = new AcmeClient({ directoryUrl, caBundlePem, accountKeyPem: proxyKeyPem, signal });
      const { url } = await client.createAccount({ contacts: [], termsOfServiceAgreed: true });
      const faults: Fault[] = [serverError(), reset, { kind: "truncated", bytes: 20 }];
      let seen = 0;
      proxy.inject(({ kind }) => (kind === "directory" || seen++ % 2 === 1 ? undefined : faults.shift()));
      const before = await pebble.orders();
      await acmeIssuer.issue(await request("faulty"), credentials(directoryUrl, url, proxyKeyPem));
      expect(faults).toEqual([]);
      expect(await pebble.orders()).toBe(before + 1);
    } finally {
      await proxy.stop();
    }
  });
});
