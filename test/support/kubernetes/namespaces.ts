import type { ApiServer } from "./apiServer";
import { accepted, type KubernetesClient } from "./client";
import { watchCollection } from "./watch";

/** Plays the controller that empties a namespace which is deleted, and lets it go. */
export async function runNamespaces(server: ApiServer): Promise<{ stop(): Promise<void> }> {
  const client = server.client();
  const ending = new Map<string, Promise<void>>();
  let failure: unknown;
  const end = async (name: string, namespace: object): Promise<void> => {
    for (const collection of await collections(client, name)) await client.request("DELETE", collection);
    const done = await client.request("PUT", `/api/v1/namespaces/${name}/finalize`, { ...namespace, spec: {} });
    if (done.status !== 404) accepted(`finalize namespace ${name}`, done);
  };
  const watch = await watchCollection(client, "/api/v1/namespaces", ({ type, object }) => {
    const { uid, name, deletionTimestamp } = object.metadata;
    if (type === "DELETED" || deletionTimestamp === undefined || ending.has(uid)) return;
    ending.set(
      uid,
      end(name, object).catch((error: unknown) => {
        failure ??= error;
      }),
    );
  });
  return {
    stop: async () => {
      await watch.stop();
      await Promise.all(ending.values());
      for (const error of [failure, watch.failure()]) if (error !== undefined) throw error;
    },
  };
}

/** Where the objects of a namespace stand. */
async function collections(client: KubernetesClient, namespace: string): Promise<string[]> {
  const { groups } = (await client.request("GET", "/apis")).body;
  const named: string[] = groups.map((group: any) => `/apis/${group.preferredVersion.groupVersion}`);
  const found = await Promise.all(
    ["/api/v1", ...named].map(async (base) => {
      const { resources } = accepted(base, await client.request("GET", base)) as any;
      return resources
        .filter(({ namespaced, verbs }: any) => namespaced && verbs.includes("deletecollection"))
        .map(({ name }: any) => `${base}/namespaces/${namespace}/${name}`);
    }),
  );
  return found.flat();
}
