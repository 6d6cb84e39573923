import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type ChildServer, startChild } from "../childServer";
import { freePorts } from "../freePorts";
import { providedProgram } from "../providedPrograms";
import { until } from "../until";
import { accepted, type ApiResponse, KubernetesClient, type KubernetesObject, type Manifest } from "./client";
import { ClusterAuthority, type KubernetesUser } from "./clusterAuthority";

/**
 * The real API server of Kubernetes over a real etcd, with RBAC. There are no controllers and no nodes: no pod runs, a
 * rollout completes only where `runRollouts` plays its controller, and a namespace is not emptied when it is deleted.
 */
export interface ApiServer {
  readonly url: string;
  /** As YAML. An administrator by default; any other user has no rights until a role binding gives some. */
  kubeconfig(user?: "admin" | KubernetesUser): string;
  /** What speaks to it as that user, until the server is stopped. */
  client(user?: "admin" | KubernetesUser): KubernetesClient;
  /** As an administrator; a refusal is an answer. */
  request(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiResponse>;
  /** The same; a refusal is an error. */
  get(path: string): Promise<KubernetesObject>;
  createNamespace(name: string): Promise<void>;
  /** Server-side apply as an administrator, which takes fields over from whoever has them. */
  apply(manifest: Manifest): Promise<KubernetesObject>;
  /** What both programs wrote. */
  output(): string;
  stop(): Promise<void>;
}

const admin: KubernetesUser = { name: "admin", groups: ["system:masters"] };

/** Needs `kube-apiserver`, which brings etcd. */
export async function startApiServer(): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
  const authority = new ClusterAuthority(join(folder, "pki"));
  const [port = 0, etcdPort = 0, peerPort = 0] = await freePorts(3);
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = (user: "admin" | KubernetesUser = "admin"): string =>
    kubeconfigOf(url, authority, user === "admin" ? admin : user);
  const clients: KubernetesClient[] = [];
  const client = (user: "admin" | KubernetesUser = "admin"): KubernetesClient => {
    const made = new KubernetesClient(kubeconfig(user));
    clients.push(made);
    return made;
  };
  const running: ChildServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(clients.map((one) => one.close()));
    // What they keep is of no use to anybody, so they need not put it in order.
    for (const server of running.toReversed()) await server.stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const asAdmin = client();
  const output = (): string => running.map((server) => server.output()).join("\n");
  try {
    const etcd = startChild(program("etcd"), etcdArguments(folder, etcdPort, peerPort));
    running.push(etcd);
    await etcd.wrote(/serving client traffic insecurely/);
    const server = startChild(program("kube-apiserver"), apiServerArguments(folder, authority, port, etcdPort));
    running.push(server);
    await server.wrote(/Serving securely on/);
    await until("the API server to be ready", () => isReady(asAdmin));
  } catch (error) {
    const said = output();
    await stop();
    throw new Error(`The API server did not start:\n${said.slice(-4000)}`, { cause: error });
  }
  return {
    url,
    kubeconfig,
    client,
    request: (...args) => asAdmin.request(...args),
    get: (path) => asAdmin.get(path),
    apply: (manifest) => asAdmin.apply(manifest),
    createNamespace: async (name) => {
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
      accepted(`create namespace ${name}`, await asAdmin.request("POST", "/api/v1/namespaces", namespace));
    },
    output,
    stop,
  };
}

function program(name: "kube-apiserver" | "etcd"): string {
  const path = providedProgram(name);
  if (path === undefined) throw new Error(`There is no ${name}: the test has to say that it needs kube-apiserver.`);
  return path;
}

function etcdArguments(folder: string, port: number, peerPort: number): string[] {
  const [clients, peers] = [port, peerPort].map((one) => `http://127.0.0.1:${one}`);
  return flags({
    name: "tests",
    "data-dir": join(folder, "etcd"),
    "unsafe-no-fsync": true,
    logger: "zap",
    "listen-client-urls": clients,
    "advertise-client-urls": clients,
    "listen-peer-urls": peers,
    "initial-advertise-peer-urls": peers,
    "initial-cluster": `tests=${peers}`,
  });
}

function apiServerArguments(folder: string, authority: ClusterAuthority, port: number, etcdPort: number): string[] {
  const server = authority.server();
  return flags({
    "etcd-servers": `http://127.0.0.1:${etcdPort}`,
    "bind-address": "127.0.0.1",
    "advertise-address": "127.0.0.1",
    "secure-port": port,
    "endpoint-reconciler-type": "none",
    "cert-dir": folder,
    "tls-cert-file": server.certificate,
    "tls-private-key-file": server.key,
    "client-ca-file": authority.certificatePath,
    "authorization-mode": "RBAC",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": server.certificate,
    "service-account-signing-key-file": server.key,
    "service-cluster-ip-range": "10.0.0.0/24",
    "disable-admission-plugins": "ServiceAccount", // a controller makes the accounts of namespaces
    "enable-garbage-collector": false, // it would wait for a controller that takes its finalizers off
    profiling: false,
  });
}

const flags = (values: Record<string, unknown>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${String(value)}`);

async function isReady(client: KubernetesClient): Promise<boolean> {
  const [ready, namespace] = await Promise.all([
    client.request("GET", "/readyz"),
    client.request("GET", "/api/v1/namespaces/default"), // is made after the start
  ]);
  return ready.status === 200 && namespace.status === 200;
}

function kubeconfigOf(url: string, authority: ClusterAuthority, user: KubernetesUser): string {
  const { certificate, key } = authority.client(user);
  const base64 = (pem: string): string => Buffer.from(pem).toString("base64");
  const credentials = {
    "client-certificate-data": base64(readFileSync(certificate, "utf8")),
    "client-key-data": base64(readFileSync(key, "utf8")),
  };
  const cluster = { server: url, "certificate-authority-data": base64(authority.certificatePem()) };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "tests", cluster }],
    users: [{ name: user.name, user: credentials }],
    contexts: [{ name: "tests", context: { cluster: "tests", user: user.name } }],
    "current-context": "tests",
  });
}
