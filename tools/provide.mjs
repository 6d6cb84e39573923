// `node tools/provide.mjs <what>` provides one thing the tests use and prints where it is, as JSON, on standard output.
import { main } from "./exec.mjs";
import { ensureCertManager } from "./certManager.mjs";
import { ensureEnvoy } from "./envoy.mjs";
import { ensureKubernetes } from "./kubernetes.mjs";
import { ensureLinters } from "./linters.mjs";
import { ensureMoto } from "./moto.mjs";
import { ensureNode } from "./nodes.mjs";
import { ensurePebble } from "./pebble.mjs";
import { ensurePulumi } from "./pulumi.mjs";
import { ensureServers } from "./servers.mjs";

const providers = {
  pulumi: ensurePulumi,
  node: ensureNode,
  servers: ensureServers,
  linters: ensureLinters,
  pebble: ensurePebble,
  moto: ensureMoto,
  envoy: ensureEnvoy,
  kubernetes: ensureKubernetes,
  certManager: ensureCertManager,
};

await main(async () => {
  const [what, ...args] = process.argv.slice(2);
  const provide = providers[what];
  if (!provide) throw new Error(`Unknown: ${what}. Expected one of: ${Object.keys(providers).join(", ")}.`);
  process.stdout.write(`${JSON.stringify(await provide(...args))}\n`);
});
