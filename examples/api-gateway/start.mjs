// `npm start`: AWS on this machine, and the program run against it.
import { tryOut } from "../../tools/examples/tryOut.mjs";

await tryOut(import.meta.url, async ({ cloud, configure, destroy, ensure, inDays, outputs, preview, tell, up }) => {
  const { ask, changes, configuration } = await cloud();
  configure(configuration);
  const served = async () => {
    const found = await ask("apigatewayv2", "GetDomainName", { domainName: "api.internal.example" });
    return found.certificateArn;
  };

  await up("A certificate is issued, imported, and served by a domain name with its DNS record");
  const first = await outputs();
  ensure((await served()) === first.certificateArn, "the domain name has the certificate");
  tell("65 days pass, and the certificate is due.");

  const changed = changes();
  await up("The renewal is imported under the same ARN: neither the domain name nor its record is touched", {
    now: inDays(65),
  });
  ensure(changed().join() === "acm:ImportCertificate", "one request changed something in AWS");
  const renewed = await outputs();
  ensure(renewed.certificateArn === first.certificateArn, "the certificate has the ARN of before");
  ensure(renewed.fingerprintSha256 !== first.fingerprintSha256, "it was renewed");
  tell("Then an old client appears that needs RSA. ACM takes no other kind of key under the same ARN.");

  configure({ ...configuration, keyAlgorithm: "RSA-2048" });
  const now = inDays(66);
  await preview(
    "The preview: a new certificate in ACM, the domain name that changes to it, and then the end of the old one",
    { now },
  );
  tell("The record is in it, since its target is not known before the new ARN is; the update leaves it alone.");
  const replaced = changes();
  await up("The same, done", { now });
  const rsa = await outputs();
  ensure(rsa.certificateArn !== first.certificateArn, "it is another certificate for ACM");
  ensure((await served()) === rsa.certificateArn, "the domain name has it");
  const steps = replaced().map((step) => step.split(":")[1]);
  ensure(
    steps.join() === "ImportCertificate,UpdateDomainName,DeleteCertificate",
    "the new one is attached before the old one is deleted",
  );
  tell("The domain name always had a certificate: the old one was deleted when nothing used it any more.");

  await destroy("All of it is taken away again");
});
