#!/usr/bin/env node
import { CertificatesError, messageOf } from "../sdk/errors";
import { accountKeyHelp, runAccountKey } from "./accountKey";
import { importHelp, runImport } from "./import/command";

const help = `Usage: pulumi-certificates <command>

Commands:
  import       write a program that takes over certificates which are in use already
  account-key  print the key of an ACME account that is taken over, for the stack's settings

\`pulumi-certificates <command> --help\` says more.
`;

const commands: Readonly<
  Record<string, { readonly help: string; run(args: readonly string[]): number | Promise<number> }>
> = {
  import: { help: importHelp, run: (args) => runImport(args, { out: process.stdout, err: process.stderr }) },
  "account-key": { help: accountKeyHelp, run: (args) => runAccountKey(args, process.stdout) },
};

/** Runs one command; the number is the exit code: 0 done, 1 failed, 2 not understood. */
async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === "help" || command === "--help" || command === "-h") {
    process.stdout.write(help);
    return command === undefined ? 2 : 0;
  }
  const known = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (known === undefined) {
    process.stderr.write(`"${command}" is no command.\n\n${help}`);
    return 2;
  }
  if (rest.length === 0 || rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(known.help);
    return rest.length === 0 ? 2 : 0;
  }
  try {
    return await known.run(rest);
  } catch (error) {
    // An error of another type is a mistake in this package: its stack is what a report needs.
    process.stderr.write(
      `${CertificatesError.is(error) || !(error instanceof Error) ? messageOf(error) : error.stack}\n`,
    );
    return CertificatesError.is(error) && error.code === "InvalidArgument" ? 2 : 1;
  }
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
