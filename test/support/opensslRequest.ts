import { execFileSync } from "node:child_process";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `openssl req` makes with a key: a request, or with `-x509` a self-signed certificate, in PEM. */
export function opensslRequest(key: KeyObject, args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "req-"));
  try {
    const file = join(folder, "key.pem");
    writeFileSync(file, key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    const output: string = execFileSync("openssl", ["req", "-new", "-key", file, ...args], { encoding: "utf8" });
    return output;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
