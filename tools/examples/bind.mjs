// Starts a BIND that takes signed dynamic updates (RFC 2136) of one zone.
import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureServers } from "../servers.mjs";
import { startServer } from "./childServer.mjs";
import { freePorts } from "./freePorts.mjs";

/**
 * The primary server of the zones, which are given with the lines of their zone files. The key may change TXT records
 * of `updatable`, and nothing else.
 */
export async function startBind(folder, { zones, updatable, keyName }) {
  const { named } = await ensureServers(["named"]);
  const [port] = await freePorts(1);
  const cwd = mkdtempSync(join(folder, "bind-"));
  const tsigKey = randomBytes(32).toString("base64");
  const all = { ...zones, ".": [] }; // with a root of its own it asks nobody
  for (const [zone, records] of Object.entries(all)) writeFileSync(join(cwd, fileOf(zone)), zoneFile(zone, records));
  const policy = (zone) => (zone === updatable ? `update-policy { grant ${keyName} zonesub TXT; };` : "");
  const configuration = `options {
  directory "${cwd}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion yes; // as a resolver does, it follows an alias from one of its zones into the other
  dnssec-validation no;
  notify no;
  pid-file "${cwd}/named.pid";
  session-keyfile "${cwd}/session.key";
};
controls { };
key "${keyName}" { algorithm hmac-sha256; secret "${tsigKey}"; };
${Object.keys(all)
  .map((zone) => `zone "${zone}" { type primary; file "${fileOf(zone)}"; ${policy(zone)} };`)
  .join("\n")}
`;
  writeFileSync(join(cwd, "named.conf"), configuration, { mode: 0o600 });
  const server = await startServer(named, ["-g", "-4", "-n", "1", "-c", "named.conf"], { cwd, ports: [port] });
  return {
    address: `127.0.0.1:${port}`,
    tsigKey,
    /** The updates that it took, from its log. */
    updates: () =>
      [...server.output().matchAll(/updating zone '\S+': ((?:adding|deleting) an RR at .*)/g)].map(([, text]) => text),
    stop: server.stop,
  };
}

const fileOf = (zone) => (zone === "." ? "root" : zone);

const zoneFile = (zone, records) => `$ORIGIN ${zone === "." ? "" : zone}.
$TTL 60
@ SOA ns1 hostmaster 1 3600 600 86400 60
@ NS ns1
ns1 A 127.0.0.1
${records.join("\n")}
`;
