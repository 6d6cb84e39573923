// `npm start`: AWS on this machine, and the program run against it.
import { X509Certificate } from "node:crypto";
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ cloud, configure, destroy, ensure, inDays, outputs, preview, tell, up }) => {
  const { ask, changes, configuration, network } = await cloud();
  configure({ ...configuration, ...(await network()) });

  await up("Two certificates are issued, imported into ACM, and served by a new HTTPS listener");
  const { listenerArn, certificateArns } = await outputs();
  const attached = async () => {
    const { Certificates } = await ask("elasticloadbalancing", "DescribeListenerCertificates", {
      ListenerArn: listenerArn,
    });
    return new Set(Certificates.map(({ CertificateArn }) => CertificateArn));
  };
  const before = await attached();
  ensure(
    Object.values(certificateArns).every((arn) => before.has(arn)),
    "the listener has both certificates",
  );
  tell("The listener has both. 65 days pass: www is due, api is not.");

  const now = inDays(65);
  const shown = await preview("The preview: the certificate that is due and its import, no listener", { now });
  ensure(/\+-|Listener/.test(shown.replaceAll(/ListenerTls/g, "")) === false, "no listener is touched");
  const changed = changes();
  await up("The same, done", { now });
  ensure(changed().join() === "acm:ImportCertificate", "one request changed something in AWS");
  const after = await outputs();
  ensure(after.certificateArns.www === certificateArns.www, "the certificate has the ARN of before");
  const { Certificate: pem } = await ask("acm", "GetCertificate", { CertificateArn: certificateArns.www });
  const served = new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
  ensure(served === after.fingerprints.www, "ACM has the new certificate");
  tell(
    "One request to AWS: the new certificate was imported under the ARN of the old one, and the listener serves it.",
  );

  await destroy("The listener goes first, then the certificates, which nothing uses any more");
  const { CertificateSummaryList: left } = await ask("acm", "ListCertificates");
  ensure(left.length === 0, "no certificate is left in ACM");
});
