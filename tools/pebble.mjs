// Provides Pebble, the ACME server of Let's Encrypt for tests, and the DNS and challenge server that belongs to it.
// `node tools/pebble.mjs` prints their paths.
import { pathToFileURL } from "node:url";
import { main } from "./exec.mjs";
import { ensureGoTool } from "./goTools.mjs";
import { printProvided } from "./provideOnce.mjs";

const version = "2.10.1";
const commands = "github.com/letsencrypt/pebble/v2/cmd";

/**
 * The paths of both commands, built into the cache if they are not there.
 *
 * @returns {Promise<{ pebble: string, challtestsrv: string }>}
 */
export async function ensurePebble() {
  return {
    pebble: await ensureGoTool("pebble", `${commands}/pebble`, version),
    challtestsrv: await ensureGoTool("pebble-challtestsrv", `${commands}/pebble-challtestsrv`, version),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensurePebble));
