import { createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { invalidArgument } from "../sdk/errors";
import { parsePrivateKey, privateKeyToPem } from "../sdk/keys/pem";
import { readTextFile } from "./import/textFile";

export const accountKeyHelp = `Usage: pulumi-certificates account-key <file> | pulumi config set --secret <name>

Prints the key of an ACME account as PEM, for an AcmeAccount's privateKeyPem. The file is certbot's private_key.json, or
acme.sh's account.key, or any private key in PEM. It is not printed on a terminal.
`;

/** The command `account-key`. */
export function runAccountKey(
  args: readonly string[],
  out: NodeJS.WritableStream & { readonly isTTY?: boolean },
): number {
  const [path, ...more] = args;
  if (path === undefined || more.length > 0)
    throw invalidArgument("account-key", `${args.length} files are given.`, "Give one.");
  if (out.isTTY === true)
    throw invalidArgument(
      "account-key",
      "the key would be shown on the terminal.",
      "Pipe it on: | pulumi config set --secret <name>.",
    );
  out.write(privateKeyToPem(readAccountKey(path)));
  return 0;
}

/** Reads the key of an account: a JSON Web Key (RFC 7517), as certbot keeps it, or PEM. Errors never quote the text. */
export function readAccountKey(path: string): KeyObject {
  const text = readTextFile(path);
  if (text === undefined) throw invalidArgument("account-key", `there is no file ${path}.`, "Give the account's key.");
  return text.trimStart().startsWith("{") ? keyOfJwk(text, path) : parsePrivateKey(text, path);
}

function keyOfJwk(text: string, path: string): KeyObject {
  try {
    return createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: "jwk" });
  } catch {
    // The cause is left out on purpose: nothing derived from key material goes into an error.
    throw invalidArgument(path, "is no private JSON Web Key.", "Give certbot's private_key.json of the account.");
  }
}
