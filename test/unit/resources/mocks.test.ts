import * as pulumi from "@pulumi/pulumi";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import {
  Certificate,
  CertificateAuthority,
  CertificateDeployment,
  CertificateSet,
  EndpointVerification,
  caIssuer,
  files,
  pkcs12,
  selfSigned,
} from "../../../sdk";

/** A unit test of a user's program: the mocks know nothing of certificates and give the inputs back. */
const registered: pulumi.runtime.MockResourceArgs[] = [];
const mocks: pulumi.runtime.Mocks = {
  newResource: (args) => {
    registered.push(args);
    return { id: `${args.name}-id`, state: args.inputs as Record<string, unknown> };
  },
  call: () => ({}),
};

// Parts of the SDK that its types leave out: waiting for all registrations, and what never ended.
const { waitForRPCs } = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
const { leakedPromises } = debuggable as unknown as { leakedPromises(): [Set<unknown>, string] };

class Frontend extends pulumi.ComponentResource {
  readonly notAfter: pulumi.Output<string>;
  readonly member: pulumi.Output<string>;

  constructor(name: string) {
    super("test:index:Frontend", name);
    const options = { parent: this };
    const root = new CertificateAuthority("root", { commonName: "Root" }, options);
    const issuing = new CertificateAuthority("issuing", { commonName: "Issuing", issuer: root }, options);
    const password = pulumi.secret("open sesame");
    const web = new Certificate(
      "web",
      { issuer: issuing, dnsNames: ["web.example"], keystores: { "web.p12": pkcs12({ password }) } },
      options,
    );
    new Certificate("own", { issuer: selfSigned(), dnsNames: ["own.example"] }, options);
    const external = caIssuer({ certificatePem: root.certificatePem, privateKeyPem: pulumi.secret("unknown here") });
    new Certificate("external", { issuer: external, dnsNames: ["external.example"] }, options);
    const fleet = new CertificateSet(
      "fleet",
      { issuer: issuing, members: { api: { dnsNames: ["api.example"] } } },
      options,
    );
    const target = files({ directory: "/etc/tls/web", files: { "web.pem": "fullChain", "web.key": "privateKey" } });
    const edge = new CertificateDeployment("edge", { certificate: web, target }, options);
    const member = fleet.member("api");
    new CertificateDeployment("memberEdge", { certificate: member, target }, options);
    new EndpointVerification(
      "live",
      { certificate: web, endpoints: [{ address: "web.example", port: 443 }] },
      { ...options, dependsOn: edge },
    );
    this.notAfter = web.notAfter;
    this.member = member.notAfter;
    this.registerOutputs({});
  }
}

beforeAll(() => pulumi.runtime.setMocks(mocks, "project", "stack", false));

test("a program with every resource runs under mocks to its end, and its inputs can be looked at", async () => {
  const frontend = new Frontend("frontend");
  expect(leakedPromises()[0].size).toBeGreaterThan(0);
  await waitForRPCs();
  const inputs = new Map(registered.map(({ name, inputs: each }) => [name, each as Record<string, any>]));
  expect([...inputs.keys()].sort()).toEqual(
    ["edge", "external", "fleet", "frontend", "issuing", "live", "memberEdge", "own", "root", "web"].sort(),
  );
  expect(inputs.get("web")).toMatchObject({ dnsNames: ["web.example"], issuer: { kind: "certificateAuthority" } });
  expect(inputs.get("edge")?.target).toMatchObject({ kind: "files", directory: "/etc/tls/web" });
  const notAfter = new Promise((resolve) => frontend.notAfter.apply(resolve));
  await expect(notAfter).resolves.toBeUndefined();
  expect(leakedPromises()[0].size).toBe(0);
});

test("a mock may give any text for a CA's certificate", async () => {
  await pulumi.runtime.setMocks(
    { ...mocks, newResource: ({ name }) => ({ id: name, state: { certificatePem: "a certificate" } }) },
    "project",
    "stack",
    false,
  );
  const issuer = new CertificateAuthority("ca", { commonName: "CA" });
  const web = new Certificate("web", { issuer, dnsNames: ["web.example"] });
  const certificatePem = new Promise((resolve) => web.certificatePem.apply(resolve));
  await expect(certificatePem).resolves.toBe("a certificate");
  expect(leakedPromises()[0].size).toBe(0);
});

test("a mock may give outputs, and dependents get them", async () => {
  await pulumi.runtime.setMocks(
    { ...mocks, newResource: ({ name }) => ({ id: name, state: { notAfter: "2027-01-01T00:00:00Z" } }) },
    "project",
    "stack",
    true,
  );
  const web = new Certificate("web", { issuer: selfSigned(), dnsNames: ["web.example"] });
  const notAfter = new Promise((resolve) => web.notAfter.apply(resolve));
  await expect(notAfter).resolves.toBe("2027-01-01T00:00:00Z");
});
