// Orders certificates through the provider, as the engine has it do, with answers from an own listener: prints the
// seconds from its start, as JSON.
import { createRequire } from "node:module";
import { inFlight } from "./inFlight.mjs";

const { certificate } = createRequire(import.meta.url)("pulumi-certificates/provider");
const { directoryUrl, caBundlePem, httpPort, accountUrl, accountKeyPem, prefix, count, limit } = JSON.parse(
  process.argv[2],
);
const credentials = {
  issuer: JSON.stringify({ directoryUrl, accountUrl, accountKeyPem, caBundlePem }),
  solvers: JSON.stringify([{ http01: { kind: "standalone", port: httpPort, address: "127.0.0.1" } }]),
};
const issuer = { kind: "acme", resource: "urn:account", directory: directoryUrl };

await inFlight(count, limit, async (index) => {
  const name = `${prefix}-${index}`;
  const news = { name: `bench/bench/${name}`, issuer, credentials, dnsNames: [`${name}.example`], dryRun: false };
  const { inputs } = await certificate.check({}, news);
  await certificate.create(inputs);
});
process.stdout.write(JSON.stringify({ seconds: performance.now() / 1000 }));
