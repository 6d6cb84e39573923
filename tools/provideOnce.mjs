// How the tools that build or download a program do so.
import { isExecutable, step } from "./exec.mjs";

/** What a tool cannot be provided without is missing on this machine; installing it would help. */
export class ToolMissing extends Error {}

/** The exit code that tells what is missing from what failed. */
export const toolMissingCode = 3;

/** Runs an installation, a second time if the first fails: they go over the network. */
export async function provideOnce(path, name, install) {
  if (isExecutable(path)) return;
  await step(`install ${name}`, async () => {
    try {
      await install(path);
    } catch (error) {
      if (error instanceof ToolMissing) throw error;
      process.stderr.write(`  once more: ${error.message}\n`);
      await install(path);
    }
  });
  if (!isExecutable(path)) throw new Error(`${name} was installed, but there is no ${path}.`);
}

/** Prints what a tool provides, as JSON; what it cannot be provided without is told by the exit code. */
export async function printProvided(provide) {
  try {
    process.stdout.write(`${JSON.stringify(await provide())}\n`);
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = toolMissingCode;
  }
}
