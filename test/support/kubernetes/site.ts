import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { kubernetesPlugin } from "../plugins/kubernetes/kubernetesPlugin";
import { startPlugins } from "../plugins/pluginServer";
import { repository } from "../provide";
import { type ApiServer, startApiServer } from "./apiServer";
import type { ApiResponse } from "./client";
import { type Rollouts, runRollouts } from "./rollouts";

/** A cluster whose namespaces `site`, `istio-system` and `certificates` a deployer may use, and `closed` not. */
export interface Site {
  readonly server: ApiServer;
  readonly rollouts: Rollouts;
  /** Of every command of the CLI: the plugin, and kubeconfigs of the deployer (`CLUSTER`) and of an administrator (`ADMIN`). */
  readonly env: Record<string, string>;
  /** Server-side apply by another field manager than any of the package's. */
  applyAs(manager: string, path: string, manifest: object): Promise<ApiResponse>;
  stop(): Promise<void>;
}

/** What a program under test begins with. */
export const imports = `
  const k8s = require("@pulumi/kubernetes");
  const { Certificate, CertificateAuthority } = require("pulumi-certificates");
  const { GatewayTls, IngressTls, IstioGatewayTls, TlsSecret } = require("pulumi-certificates/kubernetes");
  const provider = new k8s.Provider("cluster", { kubeconfig: process.env.CLUSTER, namespace: "site" });
  const inCluster = { providers: [provider] };`;

/** Further packages of the program. */
export const links = { "@pulumi/kubernetes": join(repository, "node_modules/@pulumi/kubernetes") };

const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
const apiGroup = "rbac.authorization.k8s.io";

/** The rules that docs/kubernetes.md gives to whoever deploys, and what a Deployment of the program's own needs. */
function deployerRules(): object[] {
  const page = readFileSync(join(repository, "docs", "kubernetes.md"), "utf8");
  const block = /## What a deployer may do\n[^]*?```yaml\n([^]*?)```/.exec(page)?.[1];
  if (block === undefined) throw new Error("docs/kubernetes.md gives no rules.");
  const { rules } = parse(block) as { rules: object[] };
  return [...rules, { apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "delete"] }];
}

export async function startSite(): Promise<Site> {
  const server = await startApiServer();
  const rollouts = await runRollouts(server);
  const plugins = await startPlugins({ kubernetes: kubernetesPlugin({ defaultTimeout: 5 }) });
  const open = ["site", "istio-system", "certificates"];
  await Promise.all([...open, "closed"].map((name) => server.createNamespace(name)));
  const rules = deployerRules();
  for (const namespace of open) {
    const metadata = { name: "deployer", namespace };
    await server.apply({ ...rbac, kind: "Role", metadata, rules });
    await server.apply({
      ...{ ...rbac, kind: "RoleBinding", metadata },
      roleRef: { apiGroup, kind: "Role", name: "deployer" },
      subjects: [{ apiGroup, kind: "Group", name: "ci" }],
    });
  }
  return {
    ...{ server, rollouts },
    env: {
      ...plugins.env,
      CLUSTER: server.kubeconfig({ name: "deployer", groups: ["ci"] }),
      ADMIN: server.kubeconfig(),
    },
    applyAs: (manager, path, manifest) =>
      server.request("PATCH", `${path}?fieldManager=${manager}&force=true`, manifest, {
        "content-type": "application/apply-patch+yaml",
      }),
    stop: async () => {
      await plugins.stop();
      await rollouts.stop();
      await server.stop();
    },
  };
}

const backend = { service: { name: "web", port: { number: 80 } } };
/** Rules of an Ingress, to a service that nobody runs. */
export const ingressRules = [{ host: "web.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
/** Objects of another owner. */
export const theirGateway = (name: string) => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name, namespace: "site" },
  spec: { gatewayClassName: "theirs", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
});
export const theirIngress = (name: string) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "site" },
  spec: { rules: ingressRules },
});
