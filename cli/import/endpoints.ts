import { isIP } from "node:net";
import { encodePem } from "../../sdk/keys/encoding";
import { endpointName, parseEndpoint, type ParsedEndpoint } from "../../sdk/verify/endpoint";
import { mapBounded } from "../../sdk/verify/mapBounded";
import { probeEndpoint } from "../../sdk/verify/probe";
import { ProbeError } from "../../sdk/verify/probeFailure";
import { resolveAddresses } from "../../sdk/verify/resolve";
import { type Findings, findings, type Found, type Refusal } from "./found";

const timeoutMs = 10_000;
const atOnce = 16;

/** What live endpoints serve, each at all of its addresses: `host`, `host:port`, `smtp://host:25`. */
export async function findEndpoints(endpoints: readonly string[], serverName?: string): Promise<Findings> {
  const parsed = endpoints.map((text) => parse(text, serverName));
  return findings((await mapBounded(parsed, atOnce, served)).flat());
}

function parse(text: string, serverName: string | undefined): ParsedEndpoint {
  const match = /^(?:([a-z]+):\/\/)?(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  const [, protocol, ipv6, host, port] = match ?? [];
  const endpoint = {
    address: ipv6 ?? host ?? text,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(serverName === undefined ? {} : { serverName }),
  };
  return parseEndpoint(endpoint, `endpoint ${text}`);
}

async function served(endpoint: ParsedEndpoint): Promise<(Found | Refusal)[]> {
  const origin = `endpoint ${endpointName(endpoint)}`;
  const serverName = endpoint.serverName ?? (isIP(endpoint.address) === 0 ? endpoint.address : undefined);
  let addresses: string[];
  try {
    addresses = await resolveAddresses(endpoint.address);
  } catch (error) {
    if (error instanceof ProbeError) return [{ origin, reason: error.message }];
    throw error;
  }
  return mapBounded(addresses, atOnce, async (address): Promise<Found | Refusal> => {
    const where = address === endpoint.address ? origin : `${origin} at ${address}`;
    const options = { timeoutMs, ...(serverName === undefined ? {} : { serverName }) };
    const outcome = await probeEndpoint({ ...endpoint, address }, options);
    if (!outcome.ok) return { origin: where, reason: outcome.failure.message };
    return { origin: where, pem: outcome.served.certificates.map(({ raw }) => encodePem("CERTIFICATE", raw)).join("") };
  });
}
