// `node tools/provide.mjs <what>` provides one thing the tests use and prints where it is, as JSON, on standard output.
import { main } from "./exec.mjs";
import { ensurePulumi } from "./pulumi.mjs";

const providers = {
  pulumi: ensurePulumi,
};

await main(async () => {
  const [what, ...args] = process.argv.slice(2);
  const provide = providers[what];
  if (!provide) throw new Error(`Unknown: ${what}. Expected one of: ${Object.keys(providers).join(", ")}.`);
  process.stdout.write(`${JSON.stringify(await provide(...args))}\n`);
});
