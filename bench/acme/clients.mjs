// The ACME clients that are measured, each in a process of its own with an account of its own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec, step } from "../../tools/exec.mjs";
import { legoVersion } from "../../tools/lego.mjs";
import { registerAccount } from "./pebble.mjs";

/** How many certificates a client orders at once. */
export const atOnce = 20;

export const clients = {
  ours: { name: "our provider", script: "ours" },
  auto: { name: "acme-client's auto", script: "acmeClient" },
  eagerAuto: { name: "auto, set to ask again after 250 ms", script: "acmeClient", more: { backoffMin: 250 } },
  lego: { name: `lego ${legoVersion} command line`, script: "lego" },
};

/** Has a client order certificates from a server; what it prints. */
export async function run({ name, script, more = {} }, server, count) {
  const state = mkdtempSync(join(tmpdir(), "certificates-state-"));
  const { directoryUrl, caBundlePem, httpPort } = server;
  const prefix = `${script.toLowerCase()}-${Math.random().toString(36).slice(2, 8)}`;
  const account = await registerAccount(server);
  const place = { directoryUrl, caBundlePem, httpPort, prefix, count, limit: Math.min(atOnce, count) };
  const path = fileURLToPath(new URL(`./${script}.mjs`, import.meta.url));
  const args = [path, JSON.stringify({ ...place, ...account, ...more })];
  const env = { PULUMI_CERTIFICATES_STATE_DIR: state };
  try {
    return JSON.parse(await step(`${count} by ${name}`, () => exec(process.execPath, args, { env })));
  } finally {
    rmSync(state, { recursive: true });
  }
}
