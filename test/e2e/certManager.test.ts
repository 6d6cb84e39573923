import { X509Certificate, createPrivateKey } from "node:crypto";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { changedLines, createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type ApiServer, startApiServer } from "../support/kubernetes/apiServer";
import { type CertManager, startCertManager } from "../support/kubernetes/certManager";
import { grant } from "../support/kubernetes/clusterRole";
import type { KubernetesObject } from "../support/kubernetes/client";
import { type Pebble, startPebble } from "../support/pebble";
import { kubernetesPlugin } from "../support/plugins/kubernetes/kubernetesPlugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { repository } from "../support/provide";
import { needs } from "../support/requirements";
import { until } from "../support/until";

const links = { "@pulumi/kubernetes": join(repository, "node_modules/@pulumi/kubernetes") };
const imports = `
  const k8s = require("@pulumi/kubernetes");
  const pulumi = require("@pulumi/pulumi");
  const c = require("pulumi-certificates");
  const k = require("pulumi-certificates/kubernetes");
  const provider = new k8s.Provider("cluster", { kubeconfig: process.env.CLUSTER, namespace: "site" });
  const inCluster = { providers: [provider] };`;

const deployer = { name: "deployer", groups: ["ci"] };

/** What docs/kubernetes.md says that a deployer needs for cert-manager's kinds; ingresses are the program's own. */
const rules = [
  { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  {
    apiGroups: ["cert-manager.io"],
    resources: ["issuers", "clusterissuers", "certificates"],
    verbs: ["get", "list", "watch", "create", "patch", "delete"],
  },
  {
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses"],
    verbs: ["get", "list", "watch", "create", "patch", "delete"],
  },
];

const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString();

needs("cert-manager").describe("cert-manager in a cluster", () => {
  let server: ApiServer;
  let certManager: CertManager;
  let pebble: Pebble;
  let plugins: Plugins;
  let env: Record<string, string>;
  let stack: Stack;

  const account = (keyAlgorithm: string, generation = 1) => `new c.AcmeAccount("pebble", {
    directory: ${JSON.stringify(pebble.directoryUrl)},
    caBundlePem: ${JSON.stringify(pebble.caBundlePem)},
    email: "pki@example.com",
    keyAlgorithm: "${keyAlgorithm}", generation: ${generation},
    preferredChain: "Example Root",
    solvers: [
      { dnsZones: ["r53.example"], dns01: c.route53({ hostedZoneId: "Z2FDTNDATAQYW2", accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-of-route53" }) },
      { dns01: c.cloudflare({ apiToken: "secret-of-cloudflare" }), dnsNames: ["*.cf.example"] },
    ],
  })`;
  const program = (generation = 1) => `${imports}
    const root = new c.CertificateAuthority("root", { commonName: "Root" });
    const own = new c.CertificateAuthority("own", {
      commonName: "Cluster", issuer: root, pathLength: 0, generation: ${generation}, crlUrls: ["http://pki.example/cluster.crl"],
    });
    const owner = { team: "payments" };
    const internal = new k.CertManagerIssuer("internal", { ca: own, kind: "ClusterIssuer", owner }, inCluster);
    new k.CertManagerIssuer("acme", { acme: { account: ${account("RSA-2048")} }, namespace: "site" }, inCluster);
    new k.CertManagerIssuer("solvers", {
      namespace: "site", waitForReady: false,
      acme: {
        account: new c.AcmeAccount("other", {
          directory: ${JSON.stringify(pebble.directoryUrl)}, caBundlePem: ${JSON.stringify(pebble.caBundlePem)}, keyAlgorithm: "RSA-2048",
        }),
        externalAccountBinding: { keyId: "kid", hmacKey: "c2VjcmV0" },
        solvers: [
          { http01: { ingress: { ingressClassName: "nginx" } }, matchLabels: { tier: "edge" } },
          { http01: { gatewayHTTPRoute: { parentRefs: [{ name: "edge" }] } } },
          { dns01: c.digitalOcean({ token: "secret-of-digitalocean" }) },
          { dns01: c.azureDns({ subscriptionId: "s", resourceGroup: "g", tenantId: "t", clientId: "i", clientSecret: "secret-of-azure" }) },
          { dns01: c.googleCloudDns({ project: "dns-project", managedZone: "zone", serviceAccountKey: "secret-of-google" }) },
          { dns01: c.rfc2136({ server: "10.0.0.53:5353", keyName: "key", key: "c2VjcmV0", algorithm: "hmac-sha512" }) },
          { dnsNames: ["a.example", "*.a.example"], dns01: c.acmeDns({ url: "https://acme-dns.example", username: "u", password: "p", subdomain: "sub" }) },
          { dns01: { webhook: { groupName: "acme.example.com", solverName: "own" } } },
        ],
      },
    }, inCluster);
    const web = new k.CertManagerCertificate("web", {
      issuer: internal, owner, namespace: "site", secretName: "web-tls",
      dnsNames: ["web.example"], ipAddresses: ["10.1.2.3"], uris: ["spiffe://example/web"], emailAddresses: ["web@example.com"],
      subject: { commonName: "web", organization: "Example", country: "DE" },
      duration: "20d", renewBefore: "30%", extendedKeyUsages: ["serverAuth", "clientAuth"],
      keystores: { "keystore.p12": c.pkcs12({ password: pulumi.secret("open sesame") }) },
    }, inCluster);
    const issued = k.secretCertificate("web-issued", { secretName: web.secretName, namespace: "site" }, { provider });
    const copy = new k.TlsSecret("copy", { certificate: issued, namespace: "edge" }, inCluster);
    const annotations = pulumi.all([k.certManagerAnnotations({
      issuer: internal, commonName: "shop", duration: "10d", renewBefore: "2d", privateKey: { algorithm: "RSA-2048" },
      subject: { organization: "Shops, Inc." }, extendedKeyUsages: ["serverAuth"],
    })]).apply(([given]) => ({ ...given, "pulumi.com/skipAwait": "true" }));
    new k8s.networking.v1.Ingress("shop", {
      metadata: { name: "shop", annotations },
      spec: { tls: [{ hosts: ["shop.example"], secretName: "shop-tls" }], defaultBackend: { service: { name: "shop", port: { number: 80 } } } },
    }, { provider });
    exports.issued = issued.fingerprintSha256;
    exports.notAfter = issued.notAfter;
    exports.own = own.certificatePem;
    exports.root = root.certificatePem;`;

  const secretOf = async (name: string, namespace = "site") => {
    const { status, body } = await server.request("GET", `/api/v1/namespaces/${namespace}/secrets/${name}`);
    return status === 200 ? (body as KubernetesObject) : undefined;
  };
  const leafOf = async (name: string, namespace?: string) =>
    new X509Certificate(decoded((await secretOf(name, namespace))?.["data"]?.["tls.crt"]));
  const named = (kind: string, name: string) =>
    server.get(
      kind === "clusterissuers"
        ? `/apis/cert-manager.io/v1/${kind}/${name}`
        : `/apis/cert-manager.io/v1/namespaces/site/${kind}/${name}`,
    );

  beforeAll(async () => {
    [server, pebble] = await Promise.all([startApiServer(), startPebble()]);
    await Promise.all(["cert-manager", "site", "edge"].map((name) => server.createNamespace(name)));
    certManager = await startCertManager(server);
    plugins = await startPlugins({ kubernetes: kubernetesPlugin({ defaultTimeout: 60 }) });
    await grant(server, "ci", rules);
    env = { ...plugins.env, CLUSTER: server.kubeconfig(deployer) };
    stack = await createStack({ links, program: program() });
  }, 180_000);

  afterAll(async () => {
    await plugins?.stop();
    await certManager?.stop();
    await Promise.all([server?.stop(), pebble?.stop()]);
  });

  test("cert-manager issues in the cluster by a CA of the program, with the arguments of our Certificate", async () => {
    await stack.preview({ env });
    await stack.up({ env });
    const { own, root, issued, notAfter } = await stack.outputs();
    const leaf = await leafOf("web-tls");
    expect(leaf.checkIssued(new X509Certificate(own)) && leaf.verify(new X509Certificate(own).publicKey)).toBe(true);
    expect(leaf.subject.split("\n")).toEqual(["C=DE", "O=Example", "CN=web"]);
    expect(leaf.subjectAltName).toBe(
      "DNS:web.example, email:web@example.com, IP Address:10.1.2.3, URI:spiffe://example/web",
    );
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    const secret = await secretOf("web-tls");
    expect(decoded(secret?.["data"]["tls.key"])).toContain("BEGIN PRIVATE KEY");
    expect(decoded(secret?.["data"]["ca.crt"])).toBe(root);
    expect(secret?.metadata.labels).toMatchObject({ "pulumi-certificates/owner-team": "payments" });
    const pfx = Buffer.from(secret?.["data"]["keystore.p12"], "base64");
    expect(() => createSecureContext({ pfx, passphrase: "open sesame" })).not.toThrow();
    const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;
    const { status } = await named("certificates", "web");
    expect(days(status.notBefore, status.notAfter)).toBeCloseTo(20);
    expect(days(status.renewalTime, status.notAfter)).toBeCloseTo(6);
    expect(issued).toBe(leaf.fingerprint256.replaceAll(":", "").toLowerCase());
    expect(notAfter).toBe(status.notAfter);
    expect((await leafOf("copy", "edge")).fingerprint256).toBe(leaf.fingerprint256);
    expect((await named("clusterissuers", "internal"))["spec"]).toEqual({
      ca: { secretName: "internal-ca", crlDistributionPoints: ["http://pki.example/cluster.crl"] },
    });
    expect((await secretOf("internal-ca", "cert-manager"))?.["type"]).toBe("kubernetes.io/tls");
  });

  test("it issues for an ingress by our annotations", async () => {
    await until("the certificate of the ingress", async () => (await secretOf("shop-tls")) !== undefined);
    const leaf = await leafOf("shop-tls");
    expect([leaf.subject, leaf.subjectAltName]).toEqual(["O=Shops\\, Inc.\nCN=shop", "DNS:shop.example"]);
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect((await named("certificates", "shop-tls"))["spec"]).toMatchObject({
      duration: "240h0m0s",
      renewBefore: "48h0m0s",
      usages: ["digital signature", "key encipherment", "server auth"],
    });
  });

  test("it uses an ACME account of the program, and solvers of every kind that it has", async () => {
    const acme = await named("issuers", "acme");
    const { accountUrl } = await stack.resource("pebble");
    expect(acme["status"].acme).toMatchObject({ uri: accountUrl, lastRegisteredEmail: "pki@example.com" });
    expect(decoded((await secretOf("acme-account"))?.["data"]["tls.key"])).toContain("BEGIN PRIVATE KEY");
    const ref = (key: string, name = "acme-solvers") => ({ name, key });
    expect(acme["spec"].acme).toEqual({
      server: pebble.directoryUrl,
      email: "pki@example.com",
      preferredChain: "Example Root",
      caBundle: Buffer.from(pebble.caBundlePem).toString("base64"),
      disableAccountKeyGeneration: true,
      privateKeySecretRef: { name: "acme-account", key: "tls.key" },
      solvers: [
        {
          selector: { dnsZones: ["r53.example"] },
          dns01: {
            cnameStrategy: "Follow",
            route53: {
              region: "us-east-1",
              hostedZoneID: "Z2FDTNDATAQYW2",
              accessKeyID: "AKIAEXAMPLE",
              secretAccessKeySecretRef: ref("0-secretAccessKey"),
            },
          },
        },
        {
          selector: { dnsNames: ["*.cf.example"] },
          dns01: { cnameStrategy: "Follow", cloudflare: { apiTokenSecretRef: ref("1-apiToken") } },
        },
      ],
    });
    const own = (key: string) => ref(key, "solvers-solvers");
    const { spec } = await named("issuers", "solvers");
    expect(spec.acme.externalAccountBinding).toEqual({ keyID: "kid", keySecretRef: own("externalAccountBinding") });
    const follow = { cnameStrategy: "Follow" };
    expect(spec.acme.solvers).toEqual([
      { selector: { matchLabels: { tier: "edge" } }, http01: { ingress: { ingressClassName: "nginx" } } },
      { http01: { gatewayHTTPRoute: { parentRefs: [expect.objectContaining({ name: "edge" })] } } },
      { dns01: { ...follow, digitalocean: { tokenSecretRef: own("2-token") } } },
      {
        dns01: {
          ...follow,
          azureDNS: {
            ...{ subscriptionID: "s", resourceGroupName: "g", tenantID: "t", clientID: "i" },
            clientSecretSecretRef: own("3-clientSecret"),
          },
        },
      },
      {
        dns01: {
          ...follow,
          cloudDNS: {
            project: "dns-project",
            hostedZoneName: "zone",
            serviceAccountSecretRef: own("4-serviceAccountKey"),
          },
        },
      },
      {
        dns01: {
          ...follow,
          rfc2136: {
            ...{ nameserver: "10.0.0.53:5353", tsigKeyName: "key", tsigAlgorithm: "HMACSHA512" },
            tsigSecretSecretRef: own("5-key"),
          },
        },
      },
      {
        selector: { dnsNames: ["a.example", "*.a.example"] },
        dns01: { ...follow, acmeDNS: { host: "https://acme-dns.example", accountSecretRef: own("6-accounts") } },
      },
      { dns01: { webhook: { groupName: "acme.example.com", solverName: "own" } } },
    ]);
    const texts = (await secretOf("solvers-solvers"))?.["data"];
    expect(Object.keys(JSON.parse(decoded(texts["6-accounts"])))).toEqual(["a.example"]);
    expect([texts["2-token"], texts["externalAccountBinding"]].map(decoded)).toEqual([
      "secret-of-digitalocean",
      "c2VjcmV0",
    ]);
  });

  test("what cert-manager renewed is deployed by the next run; a CA with a new key is taken up in place", async () => {
    await stack.refresh({ env });
    await stack.preview({ env, args: ["--expect-no-changes"] });
    const before = await leafOf("web-tls");
    const authority = await secretOf("internal-ca", "cert-manager");
    await server.request("DELETE", "/api/v1/namespaces/site/secrets/web-tls");
    await until("cert-manager to issue again", async () => {
      const data = (await secretOf("web-tls"))?.["data"] ?? {};
      return decoded(data["tls.crt"]) !== "" && decoded(data["tls.crt"]) !== before.toString();
    });
    stack.write(program(2));
    const preview = await stack.preview({ env });
    expect(Object.fromEntries(changedLines(preview.all).map(({ name, op }) => [name, op]))).toEqual({
      own: "update",
      "internal-ca-data": "update",
      "copy-data": "update",
    });
    await stack.up({ env });
    expect((await leafOf("copy", "edge")).fingerprint256).toBe((await leafOf("web-tls")).fingerprint256);
    const renewed = await secretOf("internal-ca", "cert-manager");
    expect(renewed?.metadata.uid).toBe(authority?.metadata.uid);
    expect(decoded(renewed?.["data"]["tls.crt"])).toContain((await stack.outputs()).own);
    const key = createPrivateKey(decoded(renewed?.["data"]["tls.key"]));
    expect(new X509Certificate(decoded(renewed?.["data"]["tls.crt"])).checkPrivateKey(key)).toBe(true);
    expect(stack.printed()).not.toMatch(/PRIVATE KEY|secret-of-route53|open sesame/);
    expect(stack.stateFile()).not.toMatch(/PRIVATE KEY|secret-of-route53|open sesame/);
  });

  test("a key that cert-manager does not take fails the preview; what it does not make ready is explained", async () => {
    const refused = await createStack({
      links,
      program: `${imports}
        new k.CertManagerIssuer("acme", { acme: { account: ${account("ECDSA-P256")} } }, inCluster);`,
    });
    const preview = await refused.preview({ env, fails: true });
    expect(preview.all).toContain("acme.account: its key is ECDSA-P256, and cert-manager takes only RSA keys");
    expect(preview.all).toContain('keyAlgorithm: "RSA-2048"');
    refused.write(`${imports}
      new k.CertManagerCertificate("web", {
        issuer: { issuerName: "absent" }, dnsNames: ["web.example"], namespace: "edge",
        transform: { certificate: (_args, options) => (options.customTimeouts = { create: "2s" }) },
      }, inCluster);`);
    const up = await refused.up({ env, fails: true });
    expect(diagnosticsOf(up.all, "web").join("\n")).toContain("`kubectl -n edge describe certificate web` says");
    await refused.destroy({ env });
    await stack.destroy({ env });
    expect(await secretOf("internal-ca", "cert-manager")).toBeUndefined();
    expect(await secretOf("web-tls")).toBeDefined();
  });
});
