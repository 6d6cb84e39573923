// `npm run quickstart`: the whole path of a certificate on this machine, in a minute. `-- --clean` removes all of it.
import { createHash } from "node:crypto";
import { withLock } from "./cache.mjs";
import { clean } from "./quickstart/clean.mjs";
import { interrupt, isInterrupted } from "./quickstart/interruption.mjs";
import { passOn } from "./quickstart/passOn.mjs";
import { tour } from "./quickstart/tour.mjs";
import { folder } from "./quickstart/trial.mjs";

const usage = `npm run quickstart                       shows the whole path of a certificate on this machine
npm run quickstart -- --clean            removes everything that it made
npm run quickstart -- pulumi <command>   runs a command of the Pulumi CLI on its stack, such as: pulumi preview --diff
`;

const [command, ...args] = process.argv.slice(2);
const actions = { "--clean": clean, pulumi: () => passOn(args) };
const action = command === undefined ? tour : actions[command];

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (isInterrupted()) process.exit(130); // a second time: at once
    process.stderr.write("\nInterrupted: waiting for the command that runs now to come to an orderly end.\n");
    interrupt();
  });
}

try {
  if (action === undefined) {
    process.stderr.write(usage);
    process.exitCode = command === "--help" ? 0 : 1;
  } else {
    const name = `quickstart-${createHash("sha256").update(folder).digest("hex").slice(0, 12)}`;
    process.exitCode = (await withLock(name, action)) ?? 0;
  }
} catch (error) {
  if (isInterrupted()) {
    process.stderr.write("Run it again to start over, or with `-- --clean` to remove what is there.\n");
    process.exitCode = 130;
  } else {
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}
