import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./childServer";
import { freePorts } from "./freePorts";

/** A real PowerDNS Authoritative Server with its HTTP API. */
export interface PowerDnsServer {
  /** Base URL of the API. */
  readonly url: string;
  readonly apiKey: string;
  /** `address:port` of its DNS. */
  readonly address: string;
  /** A request to its API with the right key; fails unless the status is 2xx. */
  call(method: string, path: string, json?: object): Promise<string>;
  /** The contents of the TXT record set at a name, as the API shows them. */
  texts(zone: string, name: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts one with native zones of these names. */
export async function startPowerDns(program: string, zones: readonly string[]): Promise<PowerDnsServer> {
  const folder = mkdtempSync(join(tmpdir(), "pdns-"));
  const [port = 0, apiPort = 0] = await freePorts(2);
  const apiKey = "key-of-the-test-server";
  const settings = {
    "config-dir": folder,
    "socket-dir": folder,
    "load-modules": modulePath(program),
    launch: "lmdb",
    "lmdb-filename": join(folder, "zones.lmdb"),
    "lmdb-shards": "1",
    "local-address": "127.0.0.1",
    "local-port": port,
    api: "yes",
    "api-key": apiKey,
    "webserver-address": "127.0.0.1",
    "webserver-port": apiPort,
    "cache-ttl": 0,
    "query-cache-ttl": 0,
    "negquery-cache-ttl": 0,
    "zone-cache-refresh-interval": 0,
    daemon: "no",
    guardian: "no",
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const server = startChild(program, args, { cwd: folder });
  await server.wrote(/Done launching threads/); // it does not close a connection that nothing is asked on
  const url = `http://127.0.0.1:${apiPort}`;
  const call: PowerDnsServer["call"] = async (method, path, json) => {
    const response = await fetch(`${url}/api/v1/servers/localhost${path}`, {
      method,
      headers: { "x-api-key": apiKey },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${body}`);
    return body;
  };
  for (const zone of zones)
    await call("POST", "/zones", { name: `${zone}.`, kind: "Native", nameservers: [`ns1.${zone}.`] });
  return {
    url,
    apiKey,
    address: `127.0.0.1:${port}`,
    call,
    texts: async (zone, name) => {
      const { rrsets } = JSON.parse(await call("GET", `/zones/${zone}.`)) as { rrsets: RecordSet[] };
      const found = rrsets.find((set) => set.type === "TXT" && set.name === `${name}.`);
      return (found?.records ?? []).map(({ content }) => content);
    },
    stop: async () => {
      await server.stop("SIGKILL"); // it does not always end otherwise
      rmSync(folder, { recursive: true });
    },
  };
}

interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly records: readonly { readonly content: string }[];
}

/** Where the backend stands: in its usual place, or beside a program that was unpacked, which a wrapper starts. */
function modulePath(program: string): string {
  const inPackage = "/usr/lib/x86_64-linux-gnu/pdns/liblmdbbackend.so";
  if (existsSync(inPackage)) return inPackage;
  const [folder = ""] = /\/[^':]*\/pdns(?=[':])/.exec(readFileSync(program, "utf8")) ?? [];
  return join(folder, "liblmdbbackend.so");
}
