import { X509Certificate } from "node:crypto";
import { type ApiServer, startApiServer } from "../support/kubernetes/apiServer";
import { startCertManager } from "../support/kubernetes/certManager";
import type { Manifest } from "../support/kubernetes/client";
import { installCrds } from "../support/kubernetes/crds";
import { runNamespaces } from "../support/kubernetes/namespaces";
import { runRollouts } from "../support/kubernetes/rollouts";
import { faultsOf, tlsKeysOf, watchCollection, watchSecret } from "../support/kubernetes/watch";
import { needs } from "../support/requirements";
import { RunningServers } from "../support/runningServers";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../support/testCertificates";
import { until } from "../support/until";

const mergePatch = { "content-type": "application/merge-patch+json" };

needs("kube-apiserver").describe("an API server of the tests", () => {
  const running = new RunningServers();
  let server: ApiServer;
  beforeAll(async () => {
    server = await running.add(startApiServer());
    await server.createNamespace("web");
  });

  test("is Kubernetes, and refuses whom no role binding gives a right", async () => {
    const { gitVersion } = (await server.request("GET", "/version")).body;
    expect(gitVersion).toBe("v1.36.4");
    const deployer = server.client({ name: "deployer", groups: ["team:web"] });
    const refused = await deployer.request("GET", "/api/v1/namespaces/web/secrets/tls");
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'secrets "tls" is forbidden: User "deployer" cannot get resource "secrets" in API group "" in the namespace "web"',
    );
    await server.apply(role("reader", [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }]));
    await server.apply(binding("reader", "team:web"));
    const found = async (): Promise<boolean> =>
      (await deployer.request("GET", "/api/v1/namespaces/web/secrets/tls")).status === 404;
    await until("the role binding to have an effect", found);
  });

  test("shows a watch every version of a secret, and what was wrong with it", async () => {
    const ca = await createTestCa("Test CA");
    const [first, second] = await Promise.all([issueTestCertificate(ca), issueTestCertificate(ca)]);
    const watch = await running.add(watchSecret(server, "web", "watched"));
    await server.apply(tlsSecret("watched", first, first.privateKeyPem));
    await server.apply(tlsSecret("watched", second, second.privateKeyPem));
    expect(faultsOf(await watch.versions())).toEqual([]);

    await server.apply(tlsSecret("watched", first, second.privateKeyPem));
    await server.apply(tlsSecret("watched", first, ""));
    await server.request("DELETE", "/api/v1/namespaces/web/secrets/watched");
    const versions = await watch.versions();
    expect(versions.map(({ event }) => event)).toEqual(["ADDED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]);
    expect(versions.slice(0, 4).map(tlsKeysOf)).toEqual([
      { both: true, match: true },
      { both: true, match: true },
      { both: true, match: false },
      { both: false, match: false },
    ]);
    expect(faultsOf(versions).map((fault) => fault.split(" at ")[0])).toEqual([
      "mismatched",
      "without both keys",
      "absent",
    ]);
  });

  test("completes rollouts in two steps where somebody plays the controllers", async () => {
    const rollouts = await running.add(runRollouts(server));
    const path = "/apis/apps/v1/namespaces/web/deployments/shop";
    const seen: string[] = [];
    const watched = watchCollection(server.client(), "/apis/apps/v1/namespaces/web/deployments", ({ object }) => {
      const { metadata, status } = object;
      const progressing = status.conditions?.find(({ type }: any) => type === "Progressing");
      if (status.observedGeneration === metadata.generation)
        seen.push(`${status.updatedReplicas} ${progressing.reason}`);
    });
    await running.add(watched);
    const change = (spec: object) => server.request("PATCH", path, { spec }, mergePatch);
    const reaches = async (last: string): Promise<string[]> => {
      await until(last, () => seen.includes(last));
      return seen.splice(0);
    };
    await server.apply(workload("Deployment", "shop"));
    expect(await reaches("2 NewReplicaSetAvailable")).toEqual(["2 ReplicaSetUpdated", "2 NewReplicaSetAvailable"]);
    await change({ template: { metadata: { annotations: { restarted: "1" } } } });
    expect(await reaches("2 NewReplicaSetAvailable")).toEqual(["1 ReplicaSetUpdated", "2 NewReplicaSetAvailable"]);
    await change({ replicas: 3 }); // makes no new pods
    expect(await reaches("3 NewReplicaSetAvailable")).toEqual(["3 NewReplicaSetAvailable"]);

    rollouts.fail("Deployment", "web", "shop");
    await change({ template: { metadata: { annotations: { restarted: "2" } } } });
    expect(await reaches("1 ProgressDeadlineExceeded")).toEqual(["1 ReplicaSetUpdated", "1 ProgressDeadlineExceeded"]);
    rollouts.mend("Deployment", "web", "shop");
    await reaches("3 NewReplicaSetAvailable");
    expect(rollouts.count("Deployment", "web", "shop")).toBe(3);

    await server.apply(workload("StatefulSet", "store"));
    await server.apply(workload("DaemonSet", "agent"));
    const statusOf = async (kind: string, name: string) =>
      (await server.get(`/apis/apps/v1/namespaces/web/${kind}/${name}`))["status"];
    await until("the stateful set", async () => (await statusOf("statefulsets", "store")).readyReplicas === 2);
    await until("the daemon set", async () => (await statusOf("daemonsets", "agent")).numberReady === 2);
    const store = await statusOf("statefulsets", "store");
    expect(store.currentRevision).toBe(store.updateRevision);
  });

  test("empties a namespace that is deleted where somebody plays its controller", async () => {
    await running.add(runNamespaces(server));
    await server.createNamespace("left");
    const path = "/api/v1/namespaces/left";
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "roots", namespace: "left" } };
    await server.apply(map);
    await server.request("DELETE", path);
    await until("the namespace to be gone", async () => (await server.request("GET", path)).status === 404);
    await expect(server.apply(map)).rejects.toThrow('namespaces "left" not found');
  });

  test("serves the custom resources of Gateway API, Istio and cert-manager", async () => {
    await Promise.all([
      installCrds(server, "gateway-api", ["Gateway"]),
      installCrds(server, "istio", ["Gateway"]),
      installCrds(server, "cert-manager", ["Issuer"]),
    ]);
    await server.apply({
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { name: "ca", namespace: "web" },
      spec: { ca: { secretName: "ca" } },
    });
    const tls = { mode: "Terminate", certificateRefs: [{ name: "tls" }] };
    const gateway: Manifest = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "web", namespace: "web" },
      spec: { gatewayClassName: "any", listeners: [{ name: "https", port: 443, protocol: "HTTPS", tls }] },
    };
    await server.apply(gateway);
    const wrong = server.apply({ ...gateway, spec: { gatewayClassName: "any", listeners: "none" } });
    await expect(wrong).rejects.toThrow(/spec\.listeners/);
    const hosts = ["web.example.com"];
    const credential = { mode: "SIMPLE", credentialName: "tls" };
    await server.apply({
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "web", namespace: "web" },
      spec: { servers: [{ port: { number: 443, name: "https", protocol: "HTTPS" }, hosts, tls: credential }] },
    });
  });

  needs("cert-manager").test("has cert-manager issue and renew certificates from a CA", async () => {
    await running.add(startCertManager(server));
    const ca = await createTestCa("Cluster CA");
    await server.apply(tlsSecret("ca", ca, ca.privateKeyPem));
    const custom = { apiVersion: "cert-manager.io/v1", metadata: { name: "ca", namespace: "web" } };
    await server.apply({ ...custom, kind: "Issuer", spec: { ca: { secretName: "ca" } } });
    const watch = await running.add(watchSecret(server, "web", "issued"));
    const dnsNames = ["shop.example.com"];
    const certificate = (names: string[]): Manifest => ({
      ...custom,
      kind: "Certificate",
      spec: { secretName: "issued", dnsNames: names, issuerRef: { name: "ca" } },
    });
    const issuedFor = async (): Promise<string[]> => {
      const data = (await watch.versions()).at(-1)?.data["tls.crt"];
      if (data === undefined) return [];
      const issued = new X509Certificate(data);
      expect(issued.verify(new X509Certificate(ca.certificatePem).publicKey)).toBe(true);
      return [...(issued.subjectAltName ?? "").matchAll(/DNS:([^,]+)/g)].map(([, name = ""]) => name);
    };
    await server.apply(certificate(dnsNames));
    await until("the certificate", async () => (await issuedFor()).length === 1);
    await server.apply(certificate([...dnsNames, "www.example.com"]));
    await until("the certificate with another name", async () => (await issuedFor()).length === 2);
    expect(faultsOf(await watch.versions())).toEqual([]);
  });
});

function role(name: string, rules: object[]): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name, namespace: "web" },
    rules,
  };
}

function binding(name: string, group: string): Manifest {
  const apiGroup = "rbac.authorization.k8s.io";
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: "RoleBinding",
    metadata: { name, namespace: "web" },
    roleRef: { apiGroup, kind: "Role", name },
    subjects: [{ apiGroup, kind: "Group", name: group }],
  };
}

function tlsSecret(name: string, { fullChainPem }: TestCertificate, privateKeyPem: string): Manifest {
  const stringData = { "tls.crt": fullChainPem, "tls.key": privateKeyPem };
  const data = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "web" },
    type: "kubernetes.io/tls",
    data: Object.fromEntries(data),
  };
}

function workload(kind: "Deployment" | "StatefulSet" | "DaemonSet", name: string): Manifest {
  const labels = { app: name };
  const container = { name: "web", image: "registry.example.com/web:1" };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: "web" },
    spec: {
      ...(kind === "DaemonSet" ? {} : { replicas: 2 }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}
