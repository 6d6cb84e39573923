import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, type JournalOptions, openJournal } from "../../sdk/acme/journal";

export const newKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
export const accountKeyPem = newKey();
export const secret = newKey();
export const entry = { orderUrl: "https://ca.test/order/1", certificateKeyPem: secret, csrDer: "MIIB", answers: [] };

export let folder: string;
export const opened: Journal[] = [];
export const place = (): JournalOptions => ({
  folder,
  directoryUrl: "https://ca.test/directory",
  accountKeyPem,
  stack: "shop/prod",
  resource: "web",
  waitMs: 0,
});
export async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal({ ...place(), ...options });
  opened.push(journal);
  return journal;
}
/** As the next run would: with the lock of the one before released. */
export async function reopen(before: Journal, options: Partial<JournalOptions> = {}): Promise<Journal> {
  await before.close();
  return open(options);
}
export const files = (): string[] => readdirSync(folder).filter((name) => !name.endsWith(".lock"));
export const orderFile = (): string => join(folder, files().find((name) => name.endsWith(".order")) ?? "none");

/** A folder for the journals of each test, and an end to those that it opened. */
export function useJournals(): void {
  beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), "journal-")), "orders")));
  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close();
    rmSync(join(folder, ".."), { recursive: true });
  });
}
