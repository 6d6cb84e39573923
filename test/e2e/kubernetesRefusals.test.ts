import { changedLines, createStack, diagnosticsOf } from "../support/engine";
import { installCrds } from "../support/kubernetes/crds";
import {
  type Site,
  imports,
  ingressRules,
  links,
  startSite,
  theirGateway,
  theirIngress,
} from "../support/kubernetes/site";
import { faultsOf, watchSecret } from "../support/kubernetes/watch";
import { outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";
import { createTestCa, issueTestCertificate, type TestCertificate } from "../support/testCertificates";

needs("kube-apiserver").describe("certificates in a cluster that has other owners", () => {
  let site: Site;
  let foreign: TestCertificate;
  const secret = (name: string, type: string, certificate?: TestCertificate) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "site" },
    type,
    ...(certificate && {
      data: {
        "tls.crt": Buffer.from(certificate.fullChainPem).toString("base64"),
        "tls.key": Buffer.from(certificate.privateKeyPem).toString("base64"),
      },
    }),
  });

  beforeAll(async () => {
    site = await startSite();
    foreign = await issueTestCertificate(await createTestCa("Another CA"), { commonName: "foreign" });
    const secrets = "/api/v1/namespaces/site/secrets";
    await site.applyAs(
      "cert-manager-certificates-issuing",
      `${secrets}/kept`,
      secret("kept", "kubernetes.io/tls", foreign),
    );
    await site.applyAs("kubectl", `${secrets}/opaque`, secret("opaque", "Opaque"));
  }, 180_000);

  afterAll(() => site?.stop());

  test("what the cluster refuses is explained on the resource that it refuses", async () => {
    await installCrds(site.server, "gateway-api", ["Gateway", "ReferenceGrant"]);
    await site.applyAs("platform", "/apis/networking.k8s.io/v1/namespaces/site/ingresses/guarded", {
      ...theirIngress("guarded"),
      spec: { rules: ingressRules, tls: [{ hosts: ["web.example"], secretName: "theirs" }] },
    });
    await site.applyAs("platform", "/apis/gateway.networking.k8s.io/v1/namespaces/site/gateways/guarded", {
      ...theirGateway("guarded"),
      spec: {
        ...theirGateway("").spec,
        listeners: [
          {
            name: "https",
            port: 8443,
            protocol: "HTTPS",
            hostname: "web.example",
            tls: { certificateRefs: [{ name: "theirs" }] },
          },
        ],
      },
    });
    const stack = await createStack({
      links,
      program: `${imports}
        const issuer = new CertificateAuthority("root", { commonName: "Root" });
        const certificate = new Certificate("web", { issuer, dnsNames: ["web.example"] });
        const other = (name, args) => ({ providers: [new k8s.Provider(name, { namespace: "site", ...args })] });
        const upserting = other("upserting", { kubeconfig: process.env.CLUSTER, upsertExistingObjects: true });
        const secret = (name, args, options = inCluster) => new TlsSecret(name, { certificate, ...args }, options);
        secret("nowhere", { namespace: "nowhere" }, other("admin", { kubeconfig: process.env.ADMIN }));
        secret("closed", { namespace: "closed" });
        secret("kept", {});
        secret("kept-upserting", { secretName: "kept" }, upserting);
        secret("opaque", {}, upserting);
        secret("opaque-taken", { secretName: "opaque", takeOver: true });
        secret("absent", { roll: [{ kind: "Deployment", name: "absent" }] });
        new IngressTls("guarded", { certificate, ingressName: "guarded" }, inCluster);
        new GatewayTls("listening", { certificate, gatewayName: "guarded", listeners: [{ name: "https", hostname: "web.example" }] }, inCluster);
        new IngressTls("no-ingress", { certificate, ingressName: "absent" }, inCluster);
        new GatewayTls("no-gateway", { certificate, gatewayName: "absent", listeners: [{}] }, inCluster);
        new IstioGatewayTls("undefined-kind", { certificate }, inCluster);`,
    });
    const up = await stack.up({ env: site.env, fails: true, args: ["--continue-on-error"] });
    const said = (name: string) => diagnosticsOf(up.all, name).join("\n");
    expect(said("nowhere")).toContain('There is no namespace "nowhere".');
    expect(said("closed")).toContain(
      'a Role in it must hold the rule { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch", "create", "patch", "delete"] } and be bound to "deployer"',
    );
    expect(said("kept")).toContain(
      'The Secret "kept" in the namespace "site" is there already. Choose another `secretName`',
    );
    expect(said("kept-upserting")).toContain(
      'cert-manager ("cert-manager-certificates-issuing") keeps the Secret "kept"',
    );
    expect(said("opaque")).toContain('The Secret "opaque" in the namespace "site" is there with another type');
    expect(said("opaque-taken")).toContain('The Secret "opaque" in the namespace "site" is there with another type');
    expect(said("absent-roll-deployment-absent")).toContain('There is no Deployment "absent"');
    expect(said("guarded")).toContain('"platform" has set spec.tls of the Ingress "guarded"');
    expect(said("listening")).toContain('"platform" has a listener named "https" on the Gateway "guarded"');
    expect(said("no-ingress")).toContain('There is no Ingress "absent" in the namespace "site". Correct `ingressName`');
    expect(said("no-gateway-claim")).toContain(
      'There is no Gateway "absent" in the namespace "site". Correct `gatewayName`',
    );
    expect(said("undefined-kind")).toContain("Install Istio 1.22 or later");
    expect(stack.printed()).not.toContain("PRIVATE KEY");
  });

  test("a secret of cert-manager is taken over in place, and kept when it is deleted until takeOver is taken off", async () => {
    const program = (takeOver: string) => `${imports}
      const issuer = new CertificateAuthority("root", { commonName: "Root" });
      const certificate = new Certificate("web", { issuer, dnsNames: ["web.example"] });
      new TlsSecret("kept", { certificate, ${takeOver} }, inCluster);`;
    const stack = await createStack({ links, program: program("takeOver: true") });
    const watch = await watchSecret(site.server, "site", "kept");
    await stack.up({ env: site.env });
    await stack.destroy({ env: site.env });
    await stack.up({ env: site.env });
    stack.write(program(""));
    const up = await stack.up({ env: site.env });
    expect(changedLines(up.all)).toMatchObject([{ op: "update", name: "kept", type: "kubernetes:core/v1:Secret" }]);
    const versions = await watch.versions();
    expect(faultsOf(versions)).toEqual([]);
    expect(versions[0]?.data["tls.crt"]).toBe(foreign.fullChainPem);
    expect(versions.at(-1)?.data["tls.crt"]).toBe((await outputsByName(stack)).web?.certificatePem);
    await stack.destroy({ env: site.env });
    expect((await watch.versions()).at(-1)?.event).toBe("DELETED");
    await watch.stop();
  });
});
