import {
  GatewayTls,
  type GatewayTlsArgs,
  IngressTls,
  type IngressTlsArgs,
  IstioGatewayTls,
  type IstioGatewayTlsArgs,
} from "../../../../components/kubernetes";
import { mockedProgram } from "../../../support/mockedProgram";
import { type TestCertificate, issueTestCertificate } from "../../../support/testCertificates";

let certificate: TestCertificate & { dnsNames?: string[] };

beforeAll(async () => {
  certificate = await issueTestCertificate(undefined, {
    commonName: "web",
    dnsNames: ["web.example", "*.apps.example"],
  });
});

const backend = { service: { name: "web", port: { number: 80 } } };
const rule = (host: string) => ({ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } });
const namespace = "site";

/** What is of the cluster, by type and name. */
async function graphOf(program: () => unknown) {
  const graph = await mockedProgram(program);
  return new Map(graph.map((each) => [`${each.type.split(":").at(-1)} ${each.name}`, each]));
}
const ingress = (args: Partial<IngressTlsArgs>) =>
  graphOf(() => new IngressTls("web", { certificate, namespace, ...args }));
const gateway = (args: Partial<GatewayTlsArgs>) =>
  graphOf(() => new GatewayTls("edge", { certificate, namespace, ...args }));
const istio = (args: Partial<IstioGatewayTlsArgs>) =>
  graphOf(() => new IstioGatewayTls("edge", { certificate, namespace, ...args }));

describe("IngressTls", () => {
  test("creates an Ingress after its secret, with the names of the certificate", async () => {
    const graph = await ingress({
      className: "nginx",
      rules: [rule("web.example"), rule("a.apps.example")],
      annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "true" },
      owner: { team: "payments" },
    });
    expect(graph.get("Ingress web")).toMatchObject({
      inputs: {
        metadata: {
          name: "web",
          namespace,
          labels: { "pulumi-certificates/owner-team": "payments" },
          annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "true" },
        },
        spec: {
          ingressClassName: "nginx",
          rules: [{ host: "web.example" }, { host: "a.apps.example" }],
          tls: [{ hosts: ["web.example", "*.apps.example"], secretName: "web-tls" }],
        },
      },
      dependsOn: expect.arrayContaining(["web-tls-data"]),
    });
    expect(graph.get("Secret web-tls")?.inputs.metadata).toMatchObject({ name: "web-tls", namespace });
  });

  test("binds to one that is there, touching spec.tls alone; forced only with takeOver", async () => {
    const graph = await ingress({ ingressName: "theirs", hosts: ["web.example"] });
    expect(graph.get("IngressPatch web")?.inputs).toMatchObject({
      metadata: { name: "theirs", namespace },
      spec: { tls: [{ hosts: ["web.example"], secretName: "web-tls" }] },
    });
    expect(graph.get("IngressPatch web")?.options.retainOnDelete).toBe(false);
    const forced = await ingress({ ingressName: "theirs", takeOver: true });
    const force = { "pulumi.com/patchForce": "true" };
    expect(forced.get("IngressPatch web")?.inputs.metadata.annotations).toEqual(force);
    expect(forced.get("SecretPatch web-tls")?.inputs.metadata.annotations).toEqual(force);
  });

  test.each<[string, Partial<IngressTlsArgs>, string]>([
    [
      "a rule",
      { rules: [rule("web.example"), rule("b.a.apps.example")] },
      'rules[1].host: the certificate is not for "b.a.apps.example"',
    ],
    ["a rule", { rules: [rule("apps.example")] }, "rules[0].host: the certificate is not for"],
    ["a host", { rules: [rule("web.example")], hosts: ["other.example"] }, "hosts[0]: the certificate is not for"],
    [
      "two Ingresses",
      { rules: [rule("web.example")], ingressName: "theirs" },
      "rules: it belongs to an Ingress that is created",
    ],
    ["no Ingress", {}, "rules: an Ingress needs rules"],
    ["a name", { ingressName: "Theirs" }, 'ingressName: "Theirs" cannot be the name'],
  ])("is refused: %s %#", async (_what, args, message) => {
    await expect(ingress(args)).rejects.toThrow(message);
  });
});

describe("GatewayTls", () => {
  const reference = (rest = {}) => ({
    mode: "Terminate",
    certificateRefs: [{ kind: "Secret", name: "edge-tls", ...rest }],
  });

  test("creates a Gateway with a listener for each name of the certificate", async () => {
    const graph = await gateway({ gatewayClassName: "cilium" });
    expect(graph.get("Gateway edge")).toMatchObject({
      type: "kubernetes:gateway.networking.k8s.io/v1:Gateway",
      inputs: {
        metadata: { name: "edge", namespace },
        spec: {
          gatewayClassName: "cilium",
          listeners: [
            { name: "https-web-example", hostname: "web.example", port: 443, protocol: "HTTPS", tls: reference() },
            { name: "https-wildcard-apps-example", hostname: "*.apps.example", port: 443, tls: reference() },
          ],
        },
      },
      dependsOn: expect.arrayContaining(["edge-tls-data"]),
    });
    expect(graph.has("ReferenceGrant edge-grant")).toBe(false);
  });

  test("adds listeners to one that is there, with a grant for a secret of another namespace", async () => {
    const graph = await gateway({
      gatewayName: "shared",
      secretNamespace: "certificates",
      listeners: [
        { name: "web", hostname: "web.example", protocol: "TLS", allowedRoutes: { namespaces: { from: "All" } } },
      ],
    });
    const listener = { name: "web", hostname: "web.example", port: 443, protocol: "TLS" };
    const tls = reference({ namespace: "certificates" });
    expect(graph.get("GatewayPatch edge")?.inputs).toMatchObject({
      metadata: { name: "shared", namespace },
      spec: { listeners: [{ ...listener, tls, allowedRoutes: { namespaces: { from: "All" } } }] },
    });
    expect(graph.get("GatewayPatch edge")?.inputs.spec).not.toHaveProperty("gatewayClassName");
    const [binding, claim] = ["GatewayPatch edge", "GatewayPatch edge-claim"].map((key) => graph.get(key));
    expect(binding?.options).toMatchObject({ ignoreChanges: ["spec", "metadata.annotations"], retainOnDelete: true });
    expect(claim?.options.retainOnDelete).toBe(false);
    expect(claim?.inputs).not.toHaveProperty("spec");
    const manager = "pulumi.com/patchFieldManager";
    expect(claim?.inputs.metadata.annotations[manager]).toMatch(/^pulumi-certificates-[0-9a-f]{12}$/);
    expect(binding?.inputs.metadata.annotations).toEqual(claim?.inputs.metadata.annotations);
    expect(binding?.dependsOn).toContain("edge-claim");
    expect(graph.get("ReferenceGrant edge-grant")?.inputs).toMatchObject({
      metadata: { name: "edge-tls", namespace: "certificates" },
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "Gateway", namespace }],
        to: [{ group: "", kind: "Secret", name: "edge-tls" }],
      },
    });
    expect(claim?.dependsOn).toContain("edge-grant");
    expect(graph.get("Secret edge-tls")?.inputs.metadata.namespace).toBe("certificates");
  });

  test.each<[string, Partial<GatewayTlsArgs>, string]>([
    ["no class", {}, "gatewayClassName: a Gateway needs a class"],
    [
      "two Gateways",
      { gatewayClassName: "a", gatewayName: "b" },
      "gatewayClassName: it belongs to a Gateway that is created",
    ],
    ["no listeners", { gatewayClassName: "a", listeners: [] }, "listeners: a Gateway needs at least one"],
    [
      "one host twice",
      { gatewayClassName: "a", listeners: [{}, {}] },
      'listeners[1].name: another listener is named "https"',
    ],
    [
      "a host that is not in the certificate",
      { gatewayClassName: "a", listeners: [{ hostname: "other.example" }] },
      'listeners[0].hostname: the certificate is not for "other.example"',
    ],
    [
      "a protocol without TLS",
      { gatewayClassName: "a", listeners: [{ protocol: "HTTP" as "TLS" }] },
      'listeners[0].protocol: "HTTP" serves no certificate',
    ],
  ])("is refused: %s", async (_what, args, message) => {
    await expect(gateway(args)).rejects.toThrow(message);
  });

  test("is refused: a grant to a namespace that is not known", async () => {
    const program = () => new GatewayTls("edge", { certificate, gatewayClassName: "a", secretNamespace: "b" });
    await expect(graphOf(program)).rejects.toThrow("namespace: it is the namespace that is granted");
  });
});

describe("IstioGatewayTls", () => {
  test("creates a Gateway whose secret is where the gateway's pods are", async () => {
    const graph = await istio({ secretNamespace: "istio-system", minProtocolVersion: "TLSV1_3" });
    expect(graph.get("Gateway edge")).toMatchObject({
      type: "kubernetes:networking.istio.io/v1:Gateway",
      inputs: {
        metadata: { name: "edge", namespace },
        spec: {
          selector: { istio: "ingressgateway" },
          servers: [
            {
              port: { number: 443, name: "https-443", protocol: "HTTPS" },
              hosts: ["web.example", "*.apps.example"],
              tls: { mode: "SIMPLE", credentialName: "edge-tls", minProtocolVersion: "TLSV1_3" },
            },
          ],
        },
      },
    });
    expect(graph.get("Secret edge-tls")?.inputs.metadata.namespace).toBe("istio-system");
    expect(Object.keys(graph.get("SecretPatch edge-tls-data")?.inputs.data as object)).toEqual(["tls.crt", "tls.key"]);
  });

  test("with client certificates, on two ports", async () => {
    const graph = await istio({
      mode: "MUTUAL",
      clientCaPem: certificate.certificatePem,
      clientCrlPem: "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
      selector: { app: "edge" },
      servers: [{ hosts: ["*"] }, { hosts: ["site/web.example"], port: 8443, protocol: "TLS", name: "raw" }],
    });
    const { data } = graph.get("SecretPatch edge-tls-data")?.inputs as { data: Record<string, string> };
    expect(Object.keys(data).sort()).toEqual(["ca.crl", "ca.crt", "tls.crt", "tls.key"]);
    expect(Buffer.from(data["ca.crt"] ?? "", "base64").toString()).toBe(certificate.certificatePem);
    expect(graph.get("Gateway edge")?.inputs.spec).toMatchObject({
      selector: { app: "edge" },
      servers: [
        { port: { name: "https-443" }, hosts: ["*"], tls: { mode: "MUTUAL" } },
        { port: { number: 8443, name: "raw", protocol: "TLS" }, hosts: ["site/web.example"], tls: { mode: "MUTUAL" } },
      ],
    });
  });

  test.each<[string, () => Partial<IstioGatewayTlsArgs>, string]>([
    ["no roots", () => ({ mode: "MUTUAL" }), "clientCaPem: MUTUAL needs the roots of client certificates"],
    [
      "roots for nobody",
      () => ({ clientCaPem: certificate.certificatePem }),
      "mode: SIMPLE asks for no client certificates",
    ],
    ["no PEM", () => ({ mode: "MUTUAL", clientCaPem: "/etc/ca.pem" }), "clientCaPem: it is not PEM with CERTIFICATE"],
    [
      "another host",
      () => ({ servers: [{ hosts: ["site/other.example"] }] }),
      'servers[0].hosts[0]: the certificate is not for "other.example"',
    ],
    ["one port twice", () => ({ servers: [{}, {}] }), 'servers[1].name: another port is named "https-443"'],
  ])("is refused: %s", async (_what, args, message) => {
    await expect(istio(args())).rejects.toThrow(message);
  });
});
