// `npm run quickstart -- pulumi <command>`
import { Engine, hasStack, waitForLeftover } from "./engine.mjs";
import { ensurePulumi } from "../pulumi.mjs";
import { say } from "./narrate.mjs";
import { startServer } from "./server.mjs";

/** Runs a command of the CLI on the trial's stack, with its web server running. */
export async function passOn(args) {
  if (!hasStack()) throw new Error("There is no stack yet: run `npm run quickstart` first.");
  await waitForLeftover(say);
  const engine = new Engine(await ensurePulumi());
  const server = await startServer();
  try {
    return await engine.passOn(args);
  } finally {
    await server.stop();
  }
}
