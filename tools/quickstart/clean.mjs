// `npm run quickstart -- --clean`
import { Engine, hasStack, waitForLeftover } from "./engine.mjs";
import { say } from "./narrate.mjs";
import { ensureBuild, ensureDependencies } from "../setup.mjs";
import { ensurePulumi } from "../pulumi.mjs";
import { exists, remove, shownFolder } from "./trial.mjs";

/** Destroys the stack and removes the folder. Nothing outside of it was made. */
export async function clean() {
  if (!exists()) {
    remove();
    say(`There is no ${shownFolder}: nothing to clean.`);
    return;
  }
  await waitForLeftover(say);
  if (hasStack()) {
    await ensureDependencies();
    await ensureBuild();
    const engine = new Engine(await ensurePulumi());
    await engine.recover();
    await engine.run(["destroy", "--yes", "--skip-preview"]);
    say("The stack is destroyed.");
  }
  remove();
  say(`${shownFolder} is removed.`);
}
