import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { httpRequest } from "../../../sdk/net/http";
import { OpenServers } from "../../support/openServers";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

describe("an HTTPS server with a private root", () => {
  let server: Server;
  let url: string;
  let caBundlePem: string;
  let connections = 0;

  beforeAll(async () => {
    const ca = await createTestCa("Private Root");
    const { fullChainPem: cert, privateKeyPem: key } = await issueTestCertificate(ca, { ipAddresses: ["127.0.0.1"] });
    caBundlePem = ca.certificatePem;
    server = createServer({ cert, key }, (request, response) => {
      // Answered once all have come, so that each has a connection of its own.
      waiting.push(() => response.end(request.url));
      if (waiting.length === together) for (const answer of waiting.splice(0)) answer();
    }).on("secureConnection", () => connections++);
    await once(server.listen(0, "127.0.0.1"), "listening");
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });

  const together = 5;
  const waiting: (() => void)[] = [];
  const askTogether = (bundle?: string): Promise<string[]> =>
    Promise.all(
      Array.from({ length: together }, async (_, index) => {
        const trust = bundle === undefined ? {} : { caBundlePem: bundle };
        return (await httpRequest({ url: `${url}/${index}`, ...trust })).body.toString();
      }),
    );

  it("is trusted with the bundle; the roots are read once for all connections, which are used again", async () => {
    const contexts = jest.spyOn(tls, "createSecureContext");
    const expected = ["/0", "/1", "/2", "/3", "/4"];
    expect(await askTogether(caBundlePem)).toEqual(expected);
    expect(await askTogether(caBundlePem)).toEqual(expected);
    expect(connections).toBe(together);
    expect(contexts).toHaveBeenCalledTimes(1);
    contexts.mockRestore();
  });

  it("is refused without it, and with another", async () => {
    const other = (await createTestCa("Another Root")).certificatePem;
    for (const trust of [{}, { caBundlePem: other }])
      await expect(httpRequest({ url, ...trust })).rejects.toMatchObject({ kind: "tls" });
  });
});

describe("a server that never answers a TLS handshake", () => {
  const servers = new OpenServers();

  it("is given up at the time limit, and at once when the run ends", async () => {
    const url = `https://127.0.0.1:${await servers.tcp(() => undefined)}`;
    const start = Date.now();
    await expect(httpRequest({ url, timeoutMs: 200 })).rejects.toMatchObject({ kind: "timeout" });
    const request = httpRequest({ url, signal: AbortSignal.timeout(200) });
    await expect(request).rejects.toMatchObject({ kind: "aborted" });
    expect(Date.now() - start).toBeLessThan(5_000);
  });
});
