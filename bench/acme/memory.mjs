// Renews certificates that are all due in one run, and looks at the memory after each: prints heap and RSS, as JSON.
import { createRequire } from "node:module";
import { inFlight } from "./inFlight.mjs";
import { provided } from "./provided.mjs";

const { certificate } = createRequire(import.meta.url)("pulumi-certificates/provider");
const { count, limit, ...place } = JSON.parse(process.argv[2]);
const newsOf = provided(place);
certificate.configure({ config: { get: (key) => (key === "certificates:allowTimeTravel" ? "true" : undefined) } });

const stored = [];
await inFlight(count, limit, async (index) => {
  const { inputs } = await certificate.check({}, newsOf(index));
  stored[index] = { inputs, ...(await certificate.create(inputs)) };
});

process.env.PULUMI_CERTIFICATES_NOW = new Date(Date.now() + 80 * 86_400_000).toISOString();
const samples = [];
await inFlight(count, limit, async (index) => {
  const { inputs: olds, id, outs } = stored[index];
  delete stored[index]; // what the engine holds, and not the provider
  const { inputs } = await certificate.check(olds, newsOf(index));
  if (!(await certificate.diff(id, outs, inputs)).changes) throw new Error("a certificate is not due");
  const renewed = await certificate.update(id, outs, inputs);
  if (renewed.outs.fingerprintSha256 === outs.fingerprintSha256) throw new Error("a certificate was not renewed");
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  samples.push({ heap: heapUsed + external, rss });
});
process.stdout.write(JSON.stringify(samples));
