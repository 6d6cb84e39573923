import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { freshOrder, resumedOrder } from "../../../sdk/issuers/acmeOrder";
import type { IssueRequest } from "../../../sdk/issuers/issuer";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

const directoryUrl = "https://ca.example/directory";
const orderUrl = "https://ca.example/order/1";

const requestFor = (privateKey: KeyObject, certificatePem: string): IssueRequest => ({
  name: "project/stack/web",
  template: {
    subject: {},
    names: { dnsNames: ["web.example"] },
    publicKey: createPublicKey(privateKey),
    notBefore: new Date(),
    notAfter: new Date(),
  },
  privateKey,
  previous: { certificatePem },
  options: {},
  signal: new AbortController().signal,
  report: () => undefined,
});

test("an order that was begun with the key of the certificate before goes on with another where that is to be replaced", async () => {
  const { certificatePem, privateKeyPem } = await issueTestCertificate(await createTestCa("Root"), {
    commonName: "web.example",
  });
  const pinned = createPrivateKey(privateKeyPem);
  const begun = { ...(await freshOrder(requestFor(pinned, certificatePem))), orderUrl };

  const kept = await resumedOrder(requestFor(pinned, certificatePem), directoryUrl, begun);
  expect(kept).toMatchObject({ orderUrl, csrDer: begun.csrDer });
  const replacing = await resumedOrder(
    requestFor(await generatePrivateKey("ECDSA-P256"), certificatePem),
    directoryUrl,
    begun,
  );
  expect(replacing?.orderUrl).toBe(orderUrl);
  expect(replacing?.csrDer).not.toBe(begun.csrDer);
  expect(replacing?.certificateKeyPem).not.toBe(begun.certificateKeyPem);
});
