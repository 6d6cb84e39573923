import type { dynamic } from "@pulumi/pulumi";
import { endpointVerification } from "../../../sdk/provider/endpointVerification";
import { unknown } from "../../../sdk/provider/unknown";
import { closedPort, OpenServers } from "../../support/openServers";
import { createTestCa, issueTestCertificate, type TestCa, type TestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";

type Properties = Record<string, unknown>;

const provider = endpointVerification as Required<dynamic.ResourceProvider>;
const servers = new OpenServers();
let issuing: TestCa;
let web: TestCertificate;
let renewed: TestCertificate;

beforeAll(async () => {
  issuing = await createTestCa("Test Issuing", await createTestCa("Test Root"));
  web = await issueTestCertificate(issuing);
  renewed = await issueTestCertificate(issuing);
});

function certificateOf(certificate: TestCertificate): Properties {
  return {
    fingerprintsSha256: [certificate.fingerprintSha256],
    chainPem: certificate.chainPem,
    trustBundlePem: certificate.rootPem,
    dnsNames: ["web.example.com"],
  };
}

function inputs(certificate: TestCertificate, port: number, more: Properties = {}): Properties {
  const endpoints = [{ address: "127.0.0.1", port }];
  return {
    name: "p/s/edge-live",
    certificate: certificateOf(certificate),
    endpoints,
    timeout: "5s",
    ...more,
  };
}

async function checked(news: Properties, olds: Properties = {}): Promise<Properties> {
  const { inputs, failures } = await provider.check(olds, news);
  if (failures !== undefined && failures.length > 0) throw new Error(failures.map((one) => one.reason).join("\n"));
  return inputs as Properties;
}

async function created(certificate: TestCertificate, port: number, more: Properties = {}) {
  const news = await checked(inputs(certificate, port, more));
  const { id, outs } = await provider.create(news);
  return { id, news, outs: outs as Properties };
}

async function isDue(outs: Properties, news: Properties): Promise<boolean | undefined> {
  return (await provider.diff("edge-live-1", outs, await checked(news))).changes;
}

describe("create", () => {
  it("records what was verified and when", async () => {
    const { port } = await servers.tls(served(web));
    const { id, outs, news } = await created(web, port);
    expect(id).toMatch(/^edge-live-[0-9a-f]{8}$/);
    expect(outs).toMatchObject({
      ...news,
      verifiedFingerprint: web.fingerprintSha256,
      verifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      addresses: [{ endpoint: `127.0.0.1:${String(port)}`, address: "127.0.0.1", tlsVersions: ["1.2", "1.3"] }],
    });
  });

  it("fails with what is served instead", async () => {
    const { port } = await servers.tls(served(web));
    const news = await checked(inputs(renewed, port, { timeout: "1s" }));
    await expect(provider.create(news)).rejects.toThrow(
      new RegExp(
        `The endpoints do not serve the certificate:\n {2}127\\.0\\.0\\.1:${String(port)} .*serial ${web.serialNumber}`,
      ),
    );
  });

  it("asks as often as it is told", async () => {
    const server = await servers.tls(served(web));
    await created(web, server.port, { successes: 1, tlsVersions: ["1.3"] });
    expect(server.connections()).toBe(1);
  });
});

describe("diff", () => {
  it("is due for another certificate, chain, endpoint or TLS version, and for nothing else", async () => {
    const { port } = await servers.tls(served(web));
    const { outs } = await created(web, port);
    expect(await isDue(outs, inputs(web, port))).toBe(false);
    expect(await isDue(outs, inputs(web, port, { timeout: "9m", successes: 7 }))).toBe(false);
    expect(await isDue(outs, inputs(renewed, port))).toBe(true);
    expect(await isDue(outs, inputs(web, port, { certificate: { ...certificateOf(web), chainPem: "" } }))).toBe(true);
    expect(await isDue(outs, inputs(web, port + 1))).toBe(true);
    expect(await isDue(outs, inputs(web, port, { tlsVersions: ["1.3"] }))).toBe(true);
  });

  it("is due in a preview in which the certificate is renewed", async () => {
    const { port } = await servers.tls(served(web));
    const { outs } = await created(web, port);
    const certificate = { ...certificateOf(web), fingerprintsSha256: [unknown], chainPem: unknown };
    expect(await isDue(outs, inputs(web, port, { certificate }))).toBe(true);
  });

  it("is due if nothing was ever verified", async () => {
    const { port } = await servers.tls(served(web));
    expect(await isDue(inputs(web, port), inputs(web, port))).toBe(true);
  });
});

describe("refresh", () => {
  const read = async (outs: Properties) =>
    (await provider.read("edge-live-1", outs)) as { props: Properties; inputs: Properties };

  it("changes nothing where all is well, and asks once in each TLS version", async () => {
    const server = await servers.tls(served(web));
    const { outs, news } = await created(web, server.port);
    const before = server.connections();
    const found = await read(outs);
    expect(found.props).toEqual(outs);
    expect(found.inputs).toEqual(news);
    expect(server.connections() - before).toBe(2);
  });

  it("shows what is served instead, and the next update verifies again and clears it", async () => {
    const server = await servers.tls(served(web));
    const { id, outs } = await created(web, server.port);
    server.serve(served(renewed));
    const drifted = await read(outs);
    const line = expect.stringContaining(`serves CN=web.example.com, serial ${renewed.serialNumber}`) as unknown;
    expect(drifted.props).toMatchObject({ verifiedFingerprint: web.fingerprintSha256, drift: [line] });
    expect(drifted.inputs).toMatchObject({ drift: [line] });

    const news = await checked(inputs(web, server.port), drifted.inputs);
    expect(news).not.toHaveProperty("drift");
    expect((await provider.diff(id, drifted.props, news)).changes).toBe(true);
    server.serve(served(web));
    const { outs: after } = await provider.update(id, drifted.props, news);
    expect(after).not.toHaveProperty("drift");
    expect((await provider.diff(id, after, news)).changes).toBe(false);
  });

  it("forgets a drift that is over", async () => {
    const server = await servers.tls(served(web));
    const { outs, news } = await created(web, server.port);
    server.serve(served(renewed));
    const drifted = await read(outs);
    server.serve(served(web));
    const found = await read(drifted.props);
    expect(found.props).toEqual(outs);
    expect(found.inputs).toEqual(news);
  });

  it("counts an address that cannot be reached as drift, so that one dead host does not end a refresh", async () => {
    const { port } = await servers.tls(served(web));
    const { outs } = await created(web, port);
    const down = { ...outs, endpoints: [{ address: "127.0.0.1", port: await closedPort() }] };
    const found = await read(down);
    expect(found.props.drift).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ .*refused/)]);
    expect(found.props.verifiedFingerprint).toBe(outs.verifiedFingerprint);
  });
});

it("leaves everything as it is when it is deleted", async () => {
  const server = await servers.tls(served(web));
  const { id, outs } = await created(web, server.port);
  const before = server.connections();
  await provider.delete(id, outs);
  expect(server.connections()).toBe(before);
});

describe("bad input is an error at preview", () => {
  it.each<[Properties, string]>([
    [{ endpoints: [] }, "endpoints: there are none. Name at least one place where the certificate is served."],
    [{ endpoints: "web:443" }, 'endpoints: "web:443" is no list.'],
    [{ endpoints: [{ address: "a" }, { address: "https://a" }] }, 'endpoints[1].address: "https://a" is a URL.'],
    [{ timeout: "soon" }, 'timeout: "soon" is not a duration.'],
    [{ successes: 0 }, "successes: 0 is no whole number from 1 to 100. Leave it out for 3."],
    [{ successes: 2.5 }, "successes: 2.5 is no whole number from 1 to 100."],
    [{ tlsVersions: [] }, "tlsVersions: [] names no TLS versions."],
    [{ tlsVersions: ["1.1"] }, 'tlsVersions: ["1.1"] names no TLS versions. Use ["1.2"], ["1.3"] or both.'],
    [
      { certificate: { fingerprintsSha256: ["abc"], chainPem: "", trustBundlePem: "", dnsNames: [] } },
      "certificate: its SHA-256",
    ],
    [
      { certificate: { fingerprintsSha256: [null], chainPem: "", trustBundlePem: "", dnsNames: [] } },
      "certificate: its SHA-256",
    ],
  ])("%j", async (wrong, message) => {
    await expect(checked(inputs(web, 443, wrong))).rejects.toThrow(message);
  });

  it("a wildcard certificate at an IP address without a serverName", async () => {
    const certificate = { ...certificateOf(web), dnsNames: ["*.example.com"] };
    await expect(checked(inputs(web, 443, { certificate }))).rejects.toThrow("endpoints[0].serverName: ");
  });

  it("is not said of what is not known yet", async () => {
    const certificate = {
      fingerprintsSha256: [unknown],
      chainPem: unknown,
      trustBundlePem: unknown,
      dnsNames: unknown,
    };
    const endpoints = [{ address: unknown }];
    await checked(
      inputs(web, 443, { certificate, endpoints, timeout: unknown, successes: unknown, tlsVersions: [unknown] }),
    );
    await checked(inputs(web, 443, { certificate, endpoints: unknown }));
  });
});
