import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type ApiResponse, KubernetesClient, type KubernetesObject } from "../../kubernetes/client";

/** An object as its API knows it, of any kind. */
export type Manifest = Record<string, any>;

/** Where the API server refuses; the message is its own. */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details: { kind?: string; causes?: { reason?: string; message?: string; field?: string }[] } = {},
  ) {
    super(message);
  }
}

/** The API server does not have the kind: its definition is missing, or not there yet. */
export class NoMatch extends Error {
  constructor(apiVersion: string, kind: string) {
    super(`no matches for kind "${kind}" in version "${apiVersion}"`);
  }
}

export interface Field {
  readonly fieldManager?: string;
  readonly force?: boolean;
  /** Nothing is stored. */
  readonly dryRun?: boolean;
}

/** The cluster of one provider, as its kubeconfig says. */
export class Cluster {
  private readonly kinds = new Map<string, Map<string, { name: string; namespaced: boolean }>>();

  private constructor(
    readonly client: KubernetesClient,
    /** Of the context. */
    readonly namespace: string,
    /** Its address and CA: what two kubeconfigs of the same cluster have in common. */
    readonly description: string,
  ) {}

  /** As client-go reads it: the text of a file or its path; without one that of the environment. */
  static of(kubeconfig: string | undefined, context: string | undefined): Cluster {
    const path = [kubeconfig, process.env["KUBECONFIG"], join(homedir(), ".kube", "config")].find(Boolean)!;
    const config = parse(existsSync(path) ? readFileSync(path, "utf8") : path);
    if (typeof config?.contexts !== "object")
      throw new Error("invalid configuration: no configuration has been provided");
    const name = context ?? config["current-context"];
    const used = config.contexts.find((one: { name: string }) => one.name === name)?.context;
    if (used === undefined) throw new Error(`context "${name}" does not exist`);
    return new Cluster(
      new KubernetesClient(stringify({ ...config, "current-context": name })),
      used.namespace ?? "default",
      JSON.stringify(config.clusters.find((one: { name: string }) => one.name === used.cluster)),
    );
  }

  /** Fails when the server cannot be reached, or does not accept the user. */
  async reach(): Promise<void> {
    await this.answer(await this.client.request("GET", "/apis"));
  }

  /** Undefined where the server does not have the kind. */
  async kind({ apiVersion, kind }: Manifest): Promise<{ base: string; name: string; namespaced: boolean } | undefined> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = this.kinds.get(base)?.get(kind) ?? (await this.discover(base)).get(kind);
    return found === undefined ? undefined : { base, ...found };
  }

  async get(object: Manifest): Promise<KubernetesObject> {
    return this.answer(await this.client.request("GET", await this.path(object)));
  }

  async create(object: Manifest, field: Field): Promise<KubernetesObject> {
    const path = (await this.path(object)).replace(/\/[^/]*$/, "");
    return this.answer(await this.client.request("POST", `${path}?${query(field)}`, object));
  }

  async replace(object: Manifest, field: Field): Promise<KubernetesObject> {
    return this.answer(await this.client.request("PUT", `${await this.path(object)}?${query(field)}`, object));
  }

  /** Server-side apply, or another patch of the object. */
  async patch(object: Manifest, body: unknown, field: Field, type = "apply-patch+yaml"): Promise<KubernetesObject> {
    const path = `${await this.path(object)}?${query(field)}`;
    return this.answer(await this.client.request("PATCH", path, body, { "content-type": `application/${type}` }));
  }

  async delete(object: Manifest, propagationPolicy: string): Promise<void> {
    await this.answer(await this.client.request("DELETE", await this.path(object), { propagationPolicy }));
  }

  async list(apiVersion: string, kind: string, namespace: string): Promise<KubernetesObject[]> {
    const path = await this.collection(apiVersion, kind, namespace);
    return (await this.answer(await this.client.request("GET", path)))["items"];
  }

  /** Fails unless the user may list and watch the objects. */
  async assertWatchable(apiVersion: string, kind: string, namespace: string): Promise<void> {
    const path = await this.collection(apiVersion, kind, namespace);
    const { metadata } = await this.answer(await this.client.request("GET", path));
    const abort = new AbortController();
    const stream = await this.client.open(
      `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`,
      abort.signal,
    );
    stream.on("error", () => {}); // that it is aborted
    abort.abort();
  }

  private async collection(apiVersion: string, kind: string, namespace: string): Promise<string> {
    return (await this.path({ apiVersion, kind, metadata: { name: "", namespace } })).slice(0, -1);
  }

  private async path(object: Manifest): Promise<string> {
    const found = await this.kind(object);
    if (found === undefined) throw new NoMatch(object["apiVersion"], object["kind"]);
    const { name, namespace = "default" } = object["metadata"];
    return `${found.base}${found.namespaced ? `/namespaces/${namespace}` : ""}/${found.name}/${name}`;
  }

  private async discover(base: string): Promise<Map<string, { name: string; namespaced: boolean }>> {
    const { status, body } = await this.client.request("GET", base);
    const resources: { name: string; kind: string; namespaced: boolean }[] = status === 200 ? body.resources : [];
    const kinds = new Map(resources.filter(({ name }) => !name.includes("/")).map((one) => [one.kind, one]));
    this.kinds.set(base, kinds);
    return kinds;
  }

  private async answer({ status, body }: ApiResponse): Promise<KubernetesObject> {
    if (status < 300) return body;
    throw new StatusError(status, body.reason ?? "", body.message ?? String(body), body.details);
  }
}

function query({ fieldManager, force, dryRun }: Field): string {
  return new URLSearchParams({
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(force === undefined ? {} : { force: String(force) }),
    ...(dryRun ? { dryRun: "All" } : {}),
  }).toString();
}
