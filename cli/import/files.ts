import { invalidArgument } from "../../sdk/errors";
import { type Findings, findings, type Found, type Refusal } from "./found";
import { glob } from "./glob";
import { readTextFile, UnreadableFile } from "./textFile";

/** The certificates in files that match patterns; files that hold none are passed over. */
export function findFiles(patterns: readonly string[]): Findings {
  const paths = [...new Set(patterns.flatMap(glob))];
  if (paths.length === 0)
    throw invalidArgument("files", `no file matches ${patterns.join(" ")}.`, "Give PEM files, folders or patterns.");
  return findings(paths.flatMap(file));
}

function file(path: string): (Found | Refusal)[] {
  try {
    const pem = readTextFile(path) ?? "";
    return /-----BEGIN (?:X509 )?CERTIFICATE-----/.test(pem)
      ? [{ origin: `file ${path}`, pem, certificatePath: path }]
      : [];
  } catch (error) {
    if (error instanceof UnreadableFile) return [{ origin: `file ${path}`, reason: error.message }];
    throw error;
  }
}
