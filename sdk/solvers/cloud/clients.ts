import { createHash } from "node:crypto";

/** More are not kept: a run has few DNS accounts. */
const most = 32;

/**
 * Keeps one client for each description, and with it its access token and the zones it found. Descriptions are told
 * apart by their digest, so that no credential is a key of the map.
 */
export function clientPerSpec<Spec, Client>(create: (spec: Spec) => Client): (spec: Spec) => Client {
  const clients = new Map<string, Client>();
  return (spec) => {
    const key = createHash("sha256").update(JSON.stringify(spec)).digest("base64");
    let client = clients.get(key);
    if (client === undefined) {
      client = create(spec);
      if (clients.size >= most) clients.delete(clients.keys().next().value as string);
      clients.set(key, client);
    }
    return client;
  };
}
