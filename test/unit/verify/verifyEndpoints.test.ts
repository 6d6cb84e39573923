import type { VerifyProgress } from "../../../sdk/verify/verifyEndpoints";
import { closedPort, OpenServers } from "../../support/openServers";
import { issueTestCertificate } from "../../support/testCertificates";
import { served } from "../../support/tlsServer";
import { useCertificates, root, oldWeb, web, expected, at, verify } from "../../support/verifications";

useCertificates();

const servers = new OpenServers();

describe("passes", () => {
  it("the right certificate in both TLS versions, three rounds in a row", async () => {
    const server = await servers.tls(served(web));
    expect(await verify([at(server.port)])).toEqual({
      ok: true,
      endpoints: [
        {
          address: "127.0.0.1",
          port: server.port,
          protocol: "tls",
          serverName: "web.example.com",
          addresses: [
            {
              address: "127.0.0.1",
              tlsVersions: ["1.2", "1.3"],
              fingerprintsSha256: [web.fingerprintSha256],
              clientCertificateRequired: false,
            },
          ],
        },
      ],
    });
    expect(server.connections()).toBe(6);
  });

  it.each(["1.2", "1.3"] as const)("a server that offers only TLS %s, and says so", async (version) => {
    const { port } = await servers.tls({ ...served(web), minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` });
    expect(await verify([at(port)])).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ tlsVersions: [version] }] }],
    });
  });

  it("a server that shows its certificate and then demands one", async () => {
    const { port } = await servers.tls({
      ...served(web),
      requestCert: true,
      rejectUnauthorized: true,
      ca: root.rootPem,
    });
    expect(await verify([at(port)])).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ tlsVersions: ["1.2", "1.3"], clientCertificateRequired: true }] }],
    });
  });

  it("a chain that also holds the root", async () => {
    const { port } = await servers.tls({ cert: web.fullChainPem + web.rootPem, key: web.privateKeyPem });
    expect(await verify([at(port)])).toMatchObject({ ok: true });
  });

  it("a self-signed certificate", async () => {
    const self = await issueTestCertificate(undefined);
    const { port } = await servers.tls(served(self));
    for (const trustBundlePem of [self.certificatePem, ""]) {
      const only = { ...expected(self), trustBundlePem };
      expect(await verify([at(port)], { expected: only })).toMatchObject({ ok: true });
    }
  });

  it("a complete chain whose root nobody told us, by its intermediates", async () => {
    const { port } = await servers.tls(served(web));
    const { trustBundlePem: _, ...withoutRoot } = expected(web);
    expect(await verify([at(port)], { expected: withoutRoot })).toMatchObject({ ok: true });
  });

  it("a fingerprint in the spelling of other tools", async () => {
    const { port } = await servers.tls(served(web));
    const spelled = web.fingerprintSha256.toUpperCase().match(/../g)?.join(":") ?? "";
    const result = verify([at(port)], {
      expected: { ...expected(web), fingerprintSha256: spelled },
      timeoutMs: 10_000,
    });
    expect(await result).toMatchObject({ ok: true });
  });
});

describe("waits", () => {
  it("until a server serves the new certificate", async () => {
    const server = await servers.tls(served(oldWeb));
    const seen: VerifyProgress[] = [];
    const onProgress = (progress: VerifyProgress): void => {
      seen.push(progress);
      if (progress.round === 3) server.serve(served(web));
    };
    expect(await verify([at(server.port)], { onProgress })).toMatchObject({ ok: true });
    expect(seen.map(({ failures }) => failures.map((one) => one.reason))).toEqual([
      ["wrongCertificate"],
      ["wrongCertificate"],
      ["wrongCertificate"],
      [],
      [],
    ]);
  });

  it("until one that answers by turns has been right several times in a row", async () => {
    const server = await servers.tls(served(web));
    const reasons: string[] = [];
    const onProgress = ({ round, failures }: VerifyProgress): void => {
      reasons.push(failures[0]?.reason ?? "right");
      server.serve(served(round === 2 ? oldWeb : web));
    };
    const result = await verify([at(server.port)], { onProgress });
    expect(result).toMatchObject({ ok: true });
    expect(reasons).toEqual(["right", "right", "wrongCertificate", "right", "right"]);
  });

  it("for a server that is not up yet", async () => {
    const port = await closedPort();
    const onProgress = ({ round }: VerifyProgress): void => {
      if (round === 2) void servers.tls({ ...served(web), port });
    };
    expect(await verify([at(port)], { onProgress })).toMatchObject({ ok: true });
  });

  it("for a name that does not resolve yet, and asks the addresses it then has", async () => {
    const { port } = await servers.tls(served(web));
    const answers = [[], [], ["127.0.0.1"]];
    const lookup = (): Promise<string[]> => Promise.resolve(answers.shift() ?? ["127.0.0.1"]);
    expect(await verify([at(port, "web.test")], { lookup })).toMatchObject({
      ok: true,
      endpoints: [{ address: "web.test", addresses: [{ address: "127.0.0.1" }] }],
    });
  });

  it("no longer than the caller wants", async () => {
    const { port } = await servers.tls(served(oldWeb));
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const onProgress = (): void => controller.abort(reason);
    const running = verify([at(port)], { onProgress, signal: controller.signal });
    await expect(running).rejects.toBe(reason);
  });
});

describe("bad input", () => {
  it("an endpoint, by its place", async () => {
    await expect(verify([at(443), { address: "https://x" }])).rejects.toThrow(
      'endpoints[1].address: "https://x" is a URL.',
    );
  });

  it("no endpoint", async () => {
    await expect(verify([])).rejects.toThrow("endpoints: there are none.");
  });

  it("a fingerprint that is none", async () => {
    const wrong = { ...expected(web), fingerprintSha256: "sha256:abc" };
    await expect(verify([at(443)], { expected: wrong })).rejects.toThrow(
      "certificate: its SHA-256 fingerprint is not 64",
    );
  });

  it("a trust bundle that is none", async () => {
    const wrong = { ...expected(web), trustBundlePem: "-----BEGIN CERTIFICATE-----" };
    await expect(verify([at(443)], { expected: wrong })).rejects.toThrow("certificate.trustBundlePem");
  });
});

it("asks many endpoints, but not all at once", async () => {
  const server = await servers.tls(served(web));
  let open = 0;
  let most = 0;
  const lookup = async (): Promise<string[]> => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
    return ["127.0.0.1"];
  };
  const endpoints = Array.from({ length: 60 }, (_, index) => at(server.port, `web${String(index)}.test`));
  expect(await verify(endpoints, { lookup, successes: 1 })).toMatchObject({ ok: true });
  expect(server.connections()).toBe(120);
  expect(most).toBe(16);
});
