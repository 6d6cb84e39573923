import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defaultJournalFolder } from "../acme/journal";
import { ensurePrivateFolder, readPrivateFile, replacePrivateFile } from "../acme/privateFolder";
import { hour } from "../duration";
import type { PastOrder, PlannedOrder } from "./orderQueue";

/** The orders at one directory, as a preview has found them. */
export interface DirectoryOrders {
  readonly planned: readonly PlannedOrder[];
  readonly past: readonly (PastOrder & { readonly resource: string })[];
}

/** Those of a run, by the URL of their directory. */
export type ForeseenOrders = Readonly<Record<string, DirectoryOrders>>;

interface Written {
  readonly at: number;
  readonly orders: ForeseenOrders;
}

/** The run follows its preview: what was seen longer ago says nothing about it. */
const longest = hour;

/**
 * Hands the orders that a preview has found to the run after it. The engine shows that run only a few resources at a
 * time, too late to know what was ordered lately, and whose certificate has the least life left.
 *
 * @param stack project and stack
 * @param orders undefined where no order has to wait: then nothing is left behind either
 */
export async function foresee(
  stack: string,
  orders: ForeseenOrders | undefined,
  { now = Date.now(), folder = defaultFolder() } = {},
): Promise<void> {
  const path = pathOf(stack, folder);
  if (orders === undefined) return rm(path, { force: true });
  await ensurePrivateFolder(folder);
  await replacePrivateFile(path, Buffer.from(JSON.stringify({ at: now, orders } satisfies Written)));
}

/** What the preview of this run has found; it is for one run. */
export async function foreseen(
  stack: string,
  { now = Date.now(), folder = defaultFolder() } = {},
): Promise<ForeseenOrders> {
  const path = pathOf(stack, folder);
  const content = await readPrivateFile(path);
  // Advice that somebody else may have written is none.
  if (content === undefined || "refused" in content) return {};
  await rm(path, { force: true });
  const { at, orders } = JSON.parse(content.toString("utf8")) as Written;
  return Math.abs(now - at) < longest ? orders : {};
}

function defaultFolder(): string {
  return join(dirname(defaultJournalFolder()), "foreseen");
}

function pathOf(stack: string, folder: string): string {
  return join(folder, `${createHash("sha256").update(stack).digest("hex").slice(0, 40)}.json`);
}
