// Provides moto, the stand-in for AWS, and the AWS command line. `node tools/moto.mjs` prints their paths.
import { pathToFileURL } from "node:url";
import { main } from "./exec.mjs";
import { printProvided } from "./provideOnce.mjs";
import { ensurePythonTool } from "./pythonTools.mjs";

const folder = "moto-5.2.1-awscli-1.44.0";
const requirements = ["moto[server]==5.2.1", "awscli==1.44.0"];

/**
 * The paths of both commands, installed into the cache if they are not there.
 *
 * @returns {Promise<{ moto_server: string, aws: string }>}
 */
export async function ensureMoto() {
  return {
    moto_server: await ensurePythonTool("moto_server", folder, requirements),
    aws: await ensurePythonTool("aws", folder, requirements),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(() => printProvided(ensureMoto));
