import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { certificateDeployment } from "../../sdk/provider/certificateDeployment";
import { deploymentSet } from "../../sdk/provider/deploymentSet";
import { endpointVerification } from "../../sdk/provider/endpointVerification";
import { takeCredentials } from "../../sdk/targets/credentials";
import { closeHosts } from "../../sdk/targets/hosts/hosts";
import { closeVantages } from "../../sdk/targets/hosts/sshVantage";
import { type ClosedNetwork, fromHost, startClosedNetwork } from "../support/closedNetwork";
import { needs } from "../support/requirements";
import { type SshServer, startSshServer } from "../support/sshServer";
import { expected, oldWeb, useCertificates, web } from "../support/verifications";

type Properties = Record<string, any>;

const sshd = needs("sshd");
const needed = sshd.program === "" ? sshd : needs("root");

needed.describe("resources whose endpoints are asked from a host", () => {
  let folder: string;
  let network: ClosedNetwork;
  let host: SshServer;
  const stops: (() => Promise<void>)[] = [];

  useCertificates();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "closed-"));
    network = await startClosedNetwork(folder, {});
    host = await startSshServer(sshd.program, { network });
  });
  afterEach(async () => {
    await Promise.all([closeVantages(), closeHosts()]);
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(async () => {
    await host.stop();
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(certificate: typeof web): Promise<number> {
    const server = await network.serve(certificate);
    stops.push(server.stop);
    return server.port;
  }

  /** As the resource passes them: what is secret stands beside them. */
  function endpointsFrom(port: number, more: object = {}): Properties {
    const { rest, credentials } = takeCredentials([{ address: "127.0.0.1", port, from: fromHost(host, more) }]);
    return { endpoints: rest, credentials: { endpoints: credentials } };
  }

  async function checked(provider: dynamic.ResourceProvider, news: Properties): Promise<Properties> {
    const { inputs, failures = [] } = await (provider as Required<dynamic.ResourceProvider>).check({}, news);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return inputs as Properties;
  }

  describe("EndpointVerification", () => {
    const provider = endpointVerification as Required<dynamic.ResourceProvider>;
    const inputsFor = (port: number, more: object = {}): Properties => {
      const { fingerprintSha256, intermediatesPem: chainPem, trustBundlePem, dnsNames } = expected(web);
      const certificate = { fingerprintsSha256: [fingerprintSha256], chainPem, trustBundlePem, dnsNames };
      return { name: "p/s/live", certificate, timeout: "5s", ...endpointsFrom(port, more) };
    };

    test("a preview asks nobody and keeps no key; the run asks from the host", async () => {
      const port = await serve(web);
      const before = host.connections();
      const news = await checked(provider, inputsFor(port));
      expect(JSON.stringify(news)).not.toContain("PRIVATE KEY");
      expect(host.connections()).toBe(before);
      const { outs } = await provider.create(news);
      expect(outs?.addresses).toMatchObject([{ endpoint: `127.0.0.1:${port}`, address: "127.0.0.1" }]);
      expect(JSON.stringify(outs)).not.toContain("PRIVATE KEY");
      expect((await provider.diff("live-1", outs, news)).changes).toBe(false);
    });

    test("a preview refuses a place that is none", async () => {
      const { endpoints, ...rest } = inputsFor(1);
      const [endpoint] = endpoints as Properties[];
      const refused = (from: unknown): Promise<Properties> =>
        checked(provider, { ...rest, endpoints: [{ ...endpoint, from }], credentials: {} });
      await expect(refused("edge-1")).rejects.toThrow(
        'endpoints[0].from: "edge-1" is no place to ask from. Use "runner" or ssh({ host, user, hostKey }).',
      );
      await expect(refused({ kind: "local" })).rejects.toThrow("endpoints[0].from: local() is no place to ask from.");
      const { hostKey: _, ...unknown } = fromHost(host);
      await expect(refused(unknown)).rejects.toThrow("endpoints[0].from.hostKey: the key of 127.0.0.1 is not known.");
    });

    test("a refresh that has no key for the host says so and finds no drift", async () => {
      const port = await serve(web);
      const { outs = {} } = await provider.create(await checked(provider, inputsFor(port)));
      await closeVantages();
      const lines: string[] = [];
      const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
      const agent = process.env.SSH_AUTH_SOCK;
      delete process.env.SSH_AUTH_SOCK;
      const { props } = await provider.read("live-1", outs).finally(() => {
        write.mockRestore();
        if (agent !== undefined) process.env.SSH_AUTH_SOCK = agent;
      });
      expect(props.drift).toBeUndefined();
      expect(lines.join("")).toMatch(
        /^p\/s\/live: What is served could not be looked at: Nothing can be asked from .*/,
      );
      expect(lines.join("")).toContain("Check user, and that the host accepts the key");
    });

    test("a refresh with a key in a file finds what is served instead", async () => {
      const port = await serve(web);
      const more = { privateKey: undefined, identityFile: host.identityFile };
      const { outs = {} } = await provider.create(await checked(provider, inputsFor(port, more)));
      expect((await provider.read("live-1", outs)).props.drift).toBeUndefined();
      for (const stop of stops.splice(0)) await stop();
      const other = await network.serve(oldWeb, { port });
      stops.push(other.stop);
      const { props } = await provider.read("live-1", outs);
      expect(props.drift).toEqual([expect.stringContaining(`from ${host.user}@127.0.0.1:${host.port}`)]);
      expect(props.drift[0]).toContain(`serial ${oldWeb.serialNumber}`);
    });
  });

  describe("CertificateDeployment", () => {
    const provider = certificateDeployment as Required<dynamic.ResourceProvider>;
    const inputsFor = (port: number, directory: string): Properties => {
      const { endpoints, credentials } = endpointsFrom(port) as { endpoints: Properties[]; credentials: Properties };
      const { certificatePem, chainPem, privateKeyPem, rootPem: trustBundlePem, fingerprintSha256 } = web;
      const waves = takeCredentials([[fromHost(host)]]);
      return {
        name: "p/s/edge",
        certificate: { fingerprintSha256, chainSha256: "", dnsNames: ["web.example.com"] },
        target: { kind: "files", directory, files: { "web.pem": "fullChain" } },
        waves: waves.rest,
        endpoints,
        timeout: "2s",
        credentials: {
          ...credentials,
          waves: waves.credentials,
          material: { certificatePem, chainPem, privateKeyPem, trustBundlePem },
        },
      };
    };

    test("a wave is verified by what its host sees of itself, and fails by it", async () => {
      const news = await checked(provider, inputsFor(await serve(web), join(folder, "right")));
      expect(JSON.stringify(news)).not.toContain("PRIVATE KEY");
      const { outs } = await provider.create(news);
      expect(outs).toMatchObject({ status: "deployed", deployedFingerprint: web.fingerprintSha256 });
      const wrong = await checked(provider, inputsFor(await serve(oldWeb), join(folder, "wrong")));
      await expect(provider.create(wrong)).rejects.toThrow(
        new RegExp(`from ${host.user}@127\\.0\\.0\\.1:${host.port}, SNI web\\.example\\.com\\) serves`),
      );
    });
  });

  describe("DeploymentSet", () => {
    const provider = deploymentSet as Required<dynamic.ResourceProvider>;
    const inputsFor = (port: number, directory: string): Properties => {
      const { endpoints, credentials } = endpointsFrom(port);
      const { certificatePem, chainPem, privateKeyPem, rootPem: trustBundlePem, fingerprintSha256 } = web;
      const target = { kind: "files", directory, files: { "web.pem": "fullChain" } };
      return {
        name: "p/s/edges",
        targets: JSON.stringify({ web: { target, endpoints } }),
        fingerprints: { web: fingerprintSha256 },
        timeout: "2s",
        credentials: {
          contents: JSON.stringify({ members: { web: { certificatePem, chainPem, trustBundlePem } } }),
          privateKeys: JSON.stringify({ web: privateKeyPem }),
          targets: { web: { target: {}, ...credentials } },
        },
      };
    };

    test("a member is verified from the host that it names", async () => {
      const news = await checked(provider, inputsFor(await serve(web), join(folder, "member")));
      expect(JSON.stringify(news)).not.toContain("PRIVATE KEY");
      const { outs } = await provider.create(news);
      expect(JSON.stringify(outs)).toContain(web.fingerprintSha256);
      const wrong = await checked(provider, inputsFor(await serve(oldWeb), join(folder, "wrongMember")));
      await expect(provider.create(wrong)).rejects.toThrow(`from ${host.user}@127.0.0.1:${host.port}, SNI`);
    });
  });
});
