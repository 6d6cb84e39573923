// `npm start`: AWS on this machine, and the program run against it.
import { X509Certificate } from "node:crypto";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ cloud, configure, destroy, ensure, inDays, outputs, preview, tell, up }) => {
  const { ask, changes, configuration } = await cloud();
  configure({ ...configuration, origin: "origin.internal.example" });

  await up("A certificate is issued, imported in us-east-1, and served by a new distribution");
  const { certificateArn, distributionId } = await outputs();
  ensure(certificateArn.startsWith("arn:aws:acm:us-east-1:"), "the certificate is in us-east-1");
  tell("The stack is in eu-west-1, its certificate for CloudFront in us-east-1. 65 days pass.");

  const now = inDays(65);
  const shown = await preview("The preview: the certificate and its import, no distribution", { now });
  ensure(!shown.includes("Distribution"), "the distribution is not touched");
  const changed = changes();
  await up("The same, done", { now });
  ensure(changed().join() === "acm:ImportCertificate", "one request changed something in AWS");
  const after = await outputs();
  ensure(after.certificateArn === certificateArn, "the certificate has the ARN of before");
  const { Certificate: pem } = await ask("acm", "GetCertificate", { CertificateArn: certificateArn }, "us-east-1");
  const imported = new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
  ensure(imported === after.fingerprintSha256, "ACM has the new certificate");
  tell(
    `CloudFront spreads the new certificate to its edges by itself; distribution ${distributionId} was not deployed.`,
  );

  await destroy("The distribution goes first, then the certificate, which nothing uses any more");
  const { CertificateSummaryList: left } = await ask("acm", "ListCertificates", {}, "us-east-1");
  ensure(left.length === 0, "no certificate is left in ACM");
});
