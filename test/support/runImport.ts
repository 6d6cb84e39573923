import { Writable } from "node:stream";
import { runImport } from "../../cli/import/command";
import type { ImportReport } from "../../cli/import/report";

/** Runs the command in this process with `--json`, and reads what it reported. */
export async function importReport(...args: string[]): Promise<ImportReport & { code: number; printed: string }> {
  const { code, printed } = await importPrinted(...args, "--json");
  return { ...(JSON.parse(printed) as ImportReport), code, printed };
}

/** Runs the command in this process. */
export async function importPrinted(...args: string[]): Promise<{ code: number; printed: string }> {
  const chunks: Buffer[] = [];
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const code = await runImport(args, { out, err: out });
  return { code, printed: Buffer.concat(chunks).toString("utf8") };
}
