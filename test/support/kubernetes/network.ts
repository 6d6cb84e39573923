import type { ApiServer } from "./apiServer";
import { accepted, type KubernetesObject } from "./client";
import { watchCollection, type WatchEvent } from "./watch";

export interface Network {
  stop(): Promise<void>;
}

/** Of the range that is for documentation (RFC 5737). */
const [podAddress, balancerAddress] = ["192.0.2.10", "192.0.2.80"];

/**
 * Plays the controllers that give each Service its endpoints and each Ingress its address, for which its provider waits.
 * No packet goes anywhere.
 */
export async function runNetwork(server: ApiServer): Promise<Network> {
  const client = server.client();
  const work: Promise<unknown>[] = [];

  const endpointsOf = ({ metadata, spec }: KubernetesObject): Promise<unknown> => {
    const ports = spec.ports.map(({ name, targetPort, port }: any) => ({
      ...(name && { name }),
      port: Number(targetPort ?? port),
    }));
    return client.apply({
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: metadata.name, namespace: metadata.namespace ?? "default" },
      subsets: [{ addresses: [{ ip: podAddress }], ports }],
    });
  };

  const addressOf = async ({ metadata, status }: KubernetesObject): Promise<void> => {
    if (status?.loadBalancer?.ingress !== undefined) return;
    const path = `/apis/networking.k8s.io/v1/namespaces/${metadata.namespace}/ingresses/${metadata.name}/status`;
    const change = { status: { loadBalancer: { ingress: [{ ip: balancerAddress }] } } };
    const answer = await client.request("PATCH", path, change, { "content-type": "application/merge-patch+json" });
    if (answer.status !== 404) accepted(path, answer); // it was deleted meanwhile
  };

  const each =
    (play: (object: KubernetesObject) => Promise<unknown>) =>
    ({ type, object }: WatchEvent): void => {
      if (type !== "DELETED" && object.metadata.namespace !== "default") work.push(play(object));
    };
  const watches = await Promise.all([
    watchCollection(client, "/api/v1/services", each(endpointsOf)),
    watchCollection(client, "/apis/networking.k8s.io/v1/ingresses", each(addressOf)),
  ]);
  return {
    stop: async () => {
      await Promise.all(watches.map((watch) => watch.stop()));
      await Promise.all(work);
      for (const watch of watches) if (watch.failure() !== undefined) throw watch.failure();
    },
  };
}
