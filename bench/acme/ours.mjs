// Orders certificates through the provider, as the engine has it do: prints the seconds from its start, as JSON.
import { createRequire } from "node:module";
import { inFlight } from "./inFlight.mjs";
import { provided } from "./provided.mjs";

const { certificate } = createRequire(import.meta.url)("pulumi-certificates/provider");
const { count, limit, ...place } = JSON.parse(process.argv[2]);
const newsOf = provided(place);

await inFlight(count, limit, async (index) => {
  const { inputs } = await certificate.check({}, newsOf(index));
  await certificate.create(inputs);
});
process.stdout.write(JSON.stringify({ seconds: performance.now() / 1000 }));
