import type { Readable } from "node:stream";
import { Agent, request } from "undici";
import { parse } from "yaml";

/** What the API server answered: an object, or a `Status` that says why not. Text where it is no JSON. */
export interface ApiResponse {
  readonly status: number;
  readonly body: any;
}

/** An object as `kubectl apply` takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** One that the API server gave, with what it added. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: any;
}

/** Speaks to the API server that a kubeconfig leads to, and trusts the CA in it alone. */
export class KubernetesClient {
  readonly server: string;
  private readonly agent: Agent;
  private readonly authorization: Readonly<Record<string, string>>;
  /** Kind → its path segment and whether it stands in namespaces, of the group versions that were asked for. */
  private readonly kinds = new Map<string, Map<string, { name: string; namespaced: boolean }>>();

  constructor(kubeconfig: string) {
    const config = parse(kubeconfig);
    const context = named(config.contexts, config["current-context"]).context;
    const cluster = named(config.clusters, context.cluster).cluster;
    const user = named(config.users, context.user).user;
    this.server = cluster.server;
    this.authorization = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
    this.agent = new Agent({
      connect: {
        ca: decoded(cluster["certificate-authority-data"]),
        cert: decoded(user["client-certificate-data"]),
        key: decoded(user["client-key-data"]),
      },
    });
  }

  /** A body that is a string is sent as it is, anything else as JSON. */
  async request(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ApiResponse> {
    const answer = await request(`${this.server}${path}`, {
      method,
      dispatcher: this.agent,
      headers: { accept: "application/json", "content-type": "application/json", ...this.authorization, ...headers },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    return { status: answer.statusCode, body: isJson ? JSON.parse(text) : text };
  }

  /** An answer that does not end, such as that of a watch, until the signal ends it. */
  async open(path: string, signal: AbortSignal): Promise<Readable> {
    const headers = { accept: "application/json", ...this.authorization };
    const answer = await request(`${this.server}${path}`, {
      dispatcher: this.agent,
      headers,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (answer.statusCode === 200) return answer.body;
    throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`);
  }

  async get(path: string): Promise<KubernetesObject> {
    return accepted(`GET ${path}`, await this.request("GET", path));
  }

  /** Server-side apply, which takes fields over from whoever has them. */
  async apply(manifest: Manifest, fieldManager = "tests"): Promise<KubernetesObject> {
    const path = await this.pathOf(manifest);
    const query = `fieldManager=${encodeURIComponent(fieldManager)}&force=true`;
    const headers = { "content-type": "application/apply-patch+yaml" };
    return accepted(`apply ${path}`, await this.request("PATCH", `${path}?${query}`, manifest, headers));
  }

  /** The path of an object. Fails when the server does not have its kind. */
  async pathOf({ apiVersion, kind, metadata }: Pick<Manifest, "apiVersion" | "kind" | "metadata">): Promise<string> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = this.kinds.get(base)?.get(kind) ?? (await this.discover(base)).get(kind);
    if (found === undefined) throw new Error(`The API server has no ${kind} in ${apiVersion}.`);
    const within = found.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${base}${within}/${found.name}/${metadata.name}`;
  }

  private async discover(base: string): Promise<Map<string, { name: string; namespaced: boolean }>> {
    const { status, body } = await this.request("GET", base);
    const resources: { name: string; kind: string; namespaced: boolean }[] = status === 200 ? body.resources : [];
    const kinds = new Map(resources.filter(({ name }) => !name.includes("/")).map((one) => [one.kind, one]));
    this.kinds.set(base, kinds);
    return kinds;
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

/** The body of an answer that is no refusal. */
export function accepted(what: string, { status, body }: ApiResponse): KubernetesObject {
  if (status >= 200 && status < 300) return body;
  throw new Error(`${what}: ${status} ${body?.message ?? JSON.stringify(body)}`);
}

const named = (list: any[], name: string): any => list.find((one) => one.name === name);

const decoded = (base64?: string): string | undefined =>
  base64 === undefined ? undefined : Buffer.from(base64, "base64").toString();
