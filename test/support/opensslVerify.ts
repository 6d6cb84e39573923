import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface OpensslVerification {
  readonly leafPem: string;
  readonly intermediatesPem: string;
  readonly trustAnchorsPem: string;
  readonly at: Date;
  readonly purpose?: "sslserver" | "sslclient" | "any";
}

/** What `openssl verify -x509_strict` says, about these files and nothing of the machine's own trust. */
export async function opensslVerify(verification: OpensslVerification): Promise<{ ok: boolean; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), "verify-"));
  try {
    const file = async (name: string, pem: string): Promise<string> => {
      await writeFile(join(folder, name), pem);
      return join(folder, name);
    };
    const { leafPem, intermediatesPem, trustAnchorsPem, at, purpose } = verification;
    const args = ["verify", "-x509_strict", "-attime", String(Math.floor(at.getTime() / 1000))];
    args.push("-no-CApath", "-no-CAstore", "-CAfile", await file("anchors.pem", trustAnchorsPem));
    if (intermediatesPem !== "") args.push("-untrusted", await file("intermediates.pem", intermediatesPem));
    if (purpose !== undefined) args.push("-purpose", purpose);
    args.push(await file("leaf.pem", leafPem));
    return await new Promise((resolve) => {
      execFile("openssl", args, (error, stdout, stderr) => resolve({ ok: error === null, output: stdout + stderr }));
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
