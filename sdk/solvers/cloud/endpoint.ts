import { BlockList, isIP } from "node:net";
import { invalidArgument } from "../../errors";
import { shown } from "../description";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** The base URL of an API without its last slash; credentials go there, so it is HTTPS unless it stays on this machine. */
export function parseEndpoint(value: unknown, property: string, fallback: string): string {
  if (value === undefined) return fallback;
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url !== undefined && url.username === "" && url.search === "" && url.hash === "";
  if (isPlain && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))) {
    return url.href.replace(/\/+$/, "");
  }
  const problem = isPlain ? `${shown(value)} would take the credentials in clear.` : `${shown(value)} is no base URL.`;
  throw invalidArgument(property, problem, `Give a URL such as ${fallback}, or leave it out.`);
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  return hostname === "localhost" || (family !== 0 && loopback.check(address, family === 6 ? "ipv6" : "ipv4"));
}
