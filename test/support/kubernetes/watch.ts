import { X509Certificate, createPrivateKey } from "node:crypto";
import { createInterface } from "node:readline";
import { until } from "../until";
import type { ApiServer } from "./apiServer";
import type { KubernetesClient, KubernetesObject } from "./client";

/** What a watch says of one object. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubernetesObject;
}

export interface Watch {
  /** Why it ended before it was stopped. */
  failure(): unknown;
  stop(): Promise<void>;
}

/**
 * Watches the objects of a collection (`/api/v1/secrets`), from those on that are there: every change of them is told
 * once, in order.
 */
export async function watchCollection(
  client: KubernetesClient,
  path: string,
  onEvent: (event: WatchEvent) => void,
  selector = "",
): Promise<Watch> {
  const query = selector === "" ? "" : `fieldSelector=${encodeURIComponent(selector)}&`;
  const list = await client.get(`${path}?${query}`);
  for (const object of list["items"]) onEvent({ type: "ADDED", object });
  const abort = new AbortController();
  const from = `resourceVersion=${list.metadata.resourceVersion}`;
  const stream = await client.open(`${path}?${query}watch=true&timeoutSeconds=3600&${from}`, abort.signal);
  let failure: unknown;
  const ended = (async () => {
    for await (const line of createInterface(stream)) {
      const event = JSON.parse(line);
      if (event.type === "ERROR") throw new Error(`The watch of ${path} failed: ${line}`);
      onEvent(event);
    }
    throw new Error(`The watch of ${path} ended.`);
  })().catch((error: unknown) => {
    if (!abort.signal.aborted) failure = error;
  });
  return {
    failure: () => failure,
    stop: async () => {
      abort.abort();
      await ended;
    },
  };
}

/** One version of a secret, as every watcher of it saw it. */
export interface SecretVersion {
  readonly event: WatchEvent["type"];
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly data: Readonly<Record<string, string>>;
}

export interface SecretWatch {
  /** All versions up to now, the one that was there at the start first. */
  versions(): Promise<readonly SecretVersion[]>;
  stop(): Promise<void>;
}

/** Records every version of a secret, its deletion included. */
export async function watchSecret(server: ApiServer, namespace: string, name: string): Promise<SecretWatch> {
  const client = server.client();
  const seen: SecretVersion[] = [];
  const collection = `/api/v1/namespaces/${namespace}/secrets`;
  const record = ({ type, object }: WatchEvent): void => void seen.push(versionOf(type, object));
  const watch = await watchCollection(client, collection, record, `metadata.name=${name}`);
  const hasSeenAll = async (): Promise<boolean> => {
    if (watch.failure() !== undefined) throw watch.failure();
    const { status, body } = await client.request("GET", `${collection}/${name}`);
    const last = seen.at(-1);
    return status === 404
      ? last === undefined || last.event === "DELETED"
      : last?.resourceVersion === body.metadata.resourceVersion;
  };
  return {
    versions: async () => {
      await until(`the watch to tell of the last version of ${namespace}/${name}`, hasSeenAll);
      return [...seen];
    },
    stop: () => watch.stop(),
  };
}

function versionOf(event: WatchEvent["type"], { metadata, type, data = {} }: KubernetesObject): SecretVersion {
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(String(value), "base64").toString()]);
  const { uid, resourceVersion, labels = {} } = metadata;
  return { event, uid, resourceVersion, type, labels, data: Object.fromEntries(decoded) };
}

/** Whether a version of a TLS secret has a certificate and a key, and whether these belong together. */
export function tlsKeysOf({ data }: SecretVersion): { both: boolean; match: boolean } {
  const { "tls.crt": certificate = "", "tls.key": key = "" } = data;
  if (certificate === "" || key === "") return { both: false, match: false };
  return { both: true, match: new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)) };
}

/** What a server that mounts the secret would have suffered from: empty where no version was absent, incomplete or mismatched. */
export function faultsOf(versions: readonly SecretVersion[]): string[] {
  return versions.flatMap((version) => {
    const said = (fault: string): string[] => [`${fault} at resource version ${version.resourceVersion}`];
    if (version.event === "DELETED") return said("absent");
    const { both, match } = tlsKeysOf(version);
    if (!both) return said("without both keys");
    return match ? [] : said("mismatched");
  });
}
