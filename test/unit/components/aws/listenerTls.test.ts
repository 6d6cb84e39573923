import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  type AcmCertificateLike,
  ImportedCertificate,
  ListenerTls,
  type ListenerTlsArgs,
} from "../../../../components/aws";
import { Certificate, CertificateSet, selfSigned } from "../../../../sdk";
import { awsResources } from "../../../support/awsResources";
import { type MockedService, type RegisteredResource, mockedProgram } from "../../../support/mockedProgram";
import { outputValue } from "../../../support/outputValue";
import { type TestCertificate, issueTestCertificate } from "../../../support/testCertificates";

const account = "123456789012";
const alb = `arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/app/web/50dc6c495c0c9188`;
const nlb = `arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/net/web/50dc6c495c0c9188`;
const listener = `arn:aws:elasticloadbalancing:eu-west-1:${account}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`;
const arn = (id: string, region = "eu-west-1") => `arn:aws:acm:${region}:${account}:certificate/${id}`;
const defaultActions = [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }];

let www: TestCertificate;
let api: TestCertificate;
beforeAll(async () => {
  www = await issueTestCertificate(undefined, { commonName: "www", dnsNames: ["www.example"] });
  api = await issueTestCertificate(undefined, { commonName: "api", dnsNames: ["api.example"] });
});

const register = (program: () => unknown, service: MockedService = {}) =>
  mockedProgram(program, false, { ...awsResources, ...service });
const listenerOf = (args: Partial<ListenerTlsArgs>, service?: MockedService) =>
  register(
    () => new ListenerTls("https", { loadBalancerArn: alb, defaultActions, certificates: [arn("a")], ...args }),
    service,
  );
const ofType = (graph: readonly RegisteredResource[], type: string) =>
  new Map(graph.filter((each) => each.type.endsWith(`:${type}`)).map((each) => [each.name, each]));
const refused = (args: Partial<ListenerTlsArgs>, service?: MockedService) =>
  expect(listenerOf(args, service).then(() => "nothing refused it")).rejects;

test("a listener with its default certificate, which is in the list with the others by SNI", async () => {
  const graph = await listenerOf({
    certificates: [
      { name: "www", certificate: www },
      { name: "api", certificate: api },
    ],
    owner: { team: "payments" },
    tags: { stage: "live" },
  });
  const imported = ofType(graph, "Certificate");
  expect([...imported.keys()]).toEqual(["https-www", "https-api"]);
  expect(imported.get("https-www")).toMatchObject({
    inputs: {
      certificateBody: www.certificatePem,
      region: "eu-west-1",
      tags: { "owner:team": "payments", stage: "live" },
    },
    secrets: ["privateKey"],
  });
  expect(ofType(graph, "Listener").get("https")?.inputs).toMatchObject({
    loadBalancerArn: alb,
    region: "eu-west-1",
    port: 443,
    protocol: "HTTPS",
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    certificateArn: arn("https-www"),
    defaultActions,
    tags: { "owner:team": "payments", stage: "live" },
  });
  const entries = ofType(graph, "ListenerCertificate");
  expect([...entries].map(([name, { inputs }]) => [name, inputs.certificateArn])).toEqual([
    ["https-www", arn("https-www")],
    ["https-api", arn("https-api")],
  ]);
  for (const entry of entries.values())
    expect(entry).toMatchObject({ inputs: { region: "eu-west-1" }, dependsOn: expect.arrayContaining(["https"]) });
});

test("a TLS listener on a Network Load Balancer", async () => {
  const graph = await listenerOf({ loadBalancerArn: nlb, alpnPolicy: "HTTP2Preferred", port: 8443 });
  expect(ofType(graph, "Listener").get("https")?.inputs).toMatchObject({
    protocol: "TLS",
    port: 8443,
    alpnPolicy: "HTTP2Preferred",
  });
});

test("client certificates on an Application Load Balancer", async () => {
  const mutualAuthentication = { mode: "verify", trustStoreArn: alb.replace("loadbalancer/app", "truststore") };
  const graph = await listenerOf({ mutualAuthentication, sslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06" });
  expect(ofType(graph, "Listener").get("https")?.inputs).toMatchObject({
    mutualAuthentication,
    sslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06",
  });
});

test("certificates on the listener of another owner, whose default they may become", async () => {
  let tls: ListenerTls | undefined;
  const graph = await register(() => {
    tls = new ListenerTls("shared", { listenerArn: listener, certificates: [arn("a"), arn("b")] });
  });
  expect(ofType(graph, "Listener").size).toBe(0);
  const entries = ofType(graph, "ListenerCertificate");
  expect([...entries.keys()]).toEqual(["shared-a", "shared-b"]);
  expect(entries.get("shared-b")?.inputs).toMatchObject({ listenerArn: listener, certificateArn: arn("b") });
  expect(await outputValue(tls!.certificateArn)).toBe(arn("a"));
  expect(await outputValue(tls!.certificateArns)).toEqual({ a: arn("a"), b: arn("b") });
});

test("every certificate is known by a name of its own, wherever it stands in the list", async () => {
  const program = (order: (all: ListenerTlsArgs["certificates"]) => ListenerTlsArgs["certificates"]) => () => {
    const issuer = selfSigned();
    const web = new Certificate("web", { issuer, dnsNames: ["web.example"] });
    const set = new CertificateSet("fleet", { issuer, members: { one: { dnsNames: ["one.example"] } } });
    const like: AcmCertificateLike = { arn: pulumi.output(arn("like")) };
    const iam = `arn:aws:iam::${account}:server-certificate/path/old`;
    const imported = new ImportedCertificate("imported", { certificate: www, region: "eu-west-1" });
    const issued = new aws.acm.Certificate("issued", { domainName: "issued.example", validationMethod: "DNS" });
    const named = { name: "like", certificate: like };
    const certificates = order([web, set.member("one"), named, imported, issued, arn("id"), iam]);
    new ListenerTls("https", { loadBalancerArn: alb, defaultActions, certificates });
  };
  const names = async (order: Parameters<typeof program>[0]) =>
    [...ofType(await register(program(order)), "ListenerCertificate").keys()].sort();
  const expected = ["fleet-one", "id", "imported", "issued", "like", "old", "web"].map((name) => `https-${name}`);
  expect(await names((all) => all)).toEqual(expected);
  expect(await names((all) => [...all].reverse())).toEqual(expected);
});

test("each certificate that did not come as an ARN is verified, as a function says", async () => {
  const graph = await listenerOf({
    certificates: [{ name: "www", certificate: www }, { name: "api", certificate: api }, arn("a")],
    verify: (name) => ({ endpoints: [{ address: "10.0.0.7", serverName: `${name}.example` }] }),
  });
  const checks = graph.filter(({ type }) => type.endsWith("EndpointVerification"));
  expect(checks.map(({ name, inputs }) => [name, inputs.endpoints[0].serverName])).toEqual([
    ["https-www-live", "www.example"],
    ["https-api-live", "api.example"],
  ]);
  expect(checks[0]?.dependsOn).toEqual(expect.arrayContaining(["https-www", "https-api", "https-a"]));
});

test("transforms have the last word on each child", async () => {
  const graph = await listenerOf({
    certificates: [{ name: "www", certificate: www }],
    transform: {
      listener: { tcpIdleTimeoutSeconds: 60 },
      listenerCertificate: (args, options, name) => {
        args.region = name;
        options.retainOnDelete = true;
      },
      certificate: { tags: { only: "this" } },
    },
  });
  expect(ofType(graph, "Listener").get("https")?.inputs.tcpIdleTimeoutSeconds).toBe(60);
  const entry = ofType(graph, "ListenerCertificate").get("https-www");
  expect(entry).toMatchObject({ inputs: { region: "https-www" }, options: { retainOnDelete: true } });
  expect(ofType(graph, "Certificate").get("https-www")?.inputs.tags).toEqual({ only: "this" });
});

test("a provider of the component is that of its children, and of what it asks", async () => {
  const asked: string[] = [];
  const graph = await register(
    () => {
      const provider = new aws.Provider("other", { region: "eu-west-1" });
      const certificates = [{ name: "www", certificate: www }];
      new ListenerTls("https", { loadBalancerArn: alb, defaultActions, certificates }, { providers: [provider] });
      new ListenerTls("guest", { listenerArn: listener, certificates: [arn("a")] }, { providers: { aws: provider } });
    },
    { call: (token) => (asked.push(token), { protocol: "HTTPS" }) },
  );
  const children = graph.filter(({ type }) => /^aws:(lb|acm)/.test(type));
  expect(children).toHaveLength(4);
  for (const { options } of children) expect(options.provider).toContain("pulumi:providers:aws::other");
  expect(asked).toEqual(["aws:lb/getListener:getListener"]);
});

describe("arguments that AWS would refuse end the preview", () => {
  const cases: [string, Partial<ListenerTlsArgs>, RegExp][] = [
    [
      "no place",
      { loadBalancerArn: undefined as never },
      /^loadBalancerArn: neither it nor listenerArn is given\. Give/,
    ],
    ["two places", { listenerArn: listener }, /^loadBalancerArn: it and listenerArn are both given/],
    ["no certificates", { certificates: [] }, /^certificates: the list is empty/],
    ["no actions", { defaultActions: undefined as never }, /^defaultActions: a listener needs to know/],
    [
      "a name twice",
      { certificates: [arn("a"), arn("b"), arn("a")] },
      /^certificates\[2\]: "a" is in the list already, as certificates\[0\]/,
    ],
    [
      "one certificate under two names",
      { certificates: [arn("a"), { name: "other", certificate: pulumi.output(arn("a")) }] },
      /^certificates\[1\]: arn:\S+\/a is in the list already/,
    ],
    [
      "no name",
      { certificates: [pulumi.output(arn("a"))] },
      /^certificates\[0\]: it has no name .* \{ name: "www", certificate: … \}/,
    ],
    [
      "more certificates than the quota",
      { certificates: Array.from({ length: 26 }, (_, index) => arn(`a${index}`)) },
      /^certificates: 26 certificates are more than the 25 .* maxCertificates/,
    ],
    [
      "a certificate elsewhere",
      { certificates: [arn("a"), arn("b", "us-east-1")] },
      /^certificates\[1\]: The certificate \S+ is in us-east-1/,
    ],
    ["a region that does not fit", { region: "us-east-1" }, /^region: arn:\S+ is in eu-west-1, not in us-east-1/],
    ["no ARN", { loadBalancerArn: "web" }, /^loadBalancerArn: "web" is not the ARN of a load balancer/],
    ["the ARN of a listener", { loadBalancerArn: listener }, /is not the ARN of a load balancer/],
    ["a Gateway Load Balancer", { loadBalancerArn: alb.replace("/app/", "/gwy/") }, /Gateway Load Balancer/],
    ["a Classic Load Balancer", { loadBalancerArn: alb.replace(/app\/web.*/, "web") }, /Classic Load Balancer/],
    ["ALPN on an Application Load Balancer", { alpnPolicy: "HTTP2Only" }, /^alpnPolicy: /],
    ["verification of an ARN", { verify: { endpoints: [] } }, /^verify: only the ARN of the certificate is given/],
    [
      "client certificates on a Network Load Balancer",
      { loadBalancerArn: nlb, mutualAuthentication: { mode: "passthrough" } },
      /^mutualAuthentication: /,
    ],
  ];
  test.each(cases)("%s", (_title, args, message) => refused(args).toThrow(message));

  test("the owner's settings of a foreign listener", async () => {
    const foreign = { loadBalancerArn: undefined as never, defaultActions: undefined as never, listenerArn: listener };
    await refused({ ...foreign, port: 443 }).toThrow(/^port: it belongs to the owner of the listener/);
    await refused({ ...foreign, defaultActions }).toThrow(/^defaultActions: it belongs to the owner/);
  });

  test("a quota that was raised", async () => {
    const certificates = Array.from({ length: 26 }, (_, index) => arn(`a${index}`));
    const graph = await listenerOf({ certificates, maxCertificates: 100 });
    expect(ofType(graph, "ListenerCertificate").size).toBe(26);
  });
});

describe("a foreign listener is looked at in previews", () => {
  const foreign = { loadBalancerArn: undefined as never, defaultActions: undefined as never, listenerArn: listener };
  const answering = (answer: () => object): MockedService => ({ call: answer });

  test("one that does not exist", () =>
    refused(
      foreign,
      answering(() => {
        throw serviceError("reading ELBv2 Listener: couldn't find resource");
      }),
    ).toThrow(/^listenerArn: arn:\S+: [^]*couldn't find resource[^]*aws elbv2 describe-listeners/));

  test("one that has no certificates", () =>
    refused(
      foreign,
      answering(() => ({ protocol: "HTTP" })),
    ).toThrow(/^listenerArn: arn:\S+ speaks HTTP, which has no certificates/));

  test("one that may not be looked at", () =>
    refused(
      foreign,
      answering(() => {
        throw serviceError(
          "AccessDenied: User: arn:aws:iam::1:user/ci is not authorized to perform: elasticloadbalancing:DescribeListeners on resource: *",
        );
      }),
    ).toThrow(/Allow the action elasticloadbalancing:DescribeListeners on \*/));
});

/** As gRPC passes it on. */
const serviceError = (details: string) => Object.assign(new Error(details), { details });
