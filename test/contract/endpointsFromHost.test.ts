import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import { closeVantages, vantageOf } from "../../sdk/targets/hosts/sshVantage";
import type { VerifyResult } from "../../sdk/verify/verifyResult";
import { describeFailures } from "../../sdk/verify/describeFailures";
import { type ClosedNetwork, fromHost, startClosedNetwork } from "../support/closedNetwork";
import { startProgram } from "../support/lineProcess";
import { findProgram } from "../support/program";
import { needs } from "../support/requirements";
import { type SshServer, type SshServerOptions, startSshServer } from "../support/sshServer";
import { temporaryFoldersIn } from "../support/temporaryFolders";
import type { TestCertificate } from "../support/testCertificates";
import { until } from "../support/until";
import { expected, oldWeb, useCertificates, verify, web } from "../support/verifications";

const sshd = needs("sshd");
const client = findProgram("ssh") ?? "ssh";
const needed = sshd.program === "" ? sshd : needs("root");

needed.describe("endpoints in a network that only a host reaches", () => {
  let folder: string;
  let network: ClosedNetwork;
  let host: SshServer;
  let name: string;
  const stops: (() => Promise<void>)[] = [];

  useCertificates();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "closed-"));
    network = await startClosedNetwork(folder, { "web.closed.example": ["127.0.0.1", "127.0.0.2"] });
    host = await startSshServer(sshd.program, { network });
    name = `${host.user}@127.0.0.1:${host.port}`;
  });
  afterEach(async () => {
    await closeVantages();
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(async () => {
    await host.stop();
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(certificate: TestCertificate, address = "127.0.0.1", port = 0): Promise<number> {
    const server = await network.serve(certificate, { address, port });
    stops.push(server.stop);
    return server.port;
  }

  const ask = (address: string, port: number, more: object = {}, options: object = {}): Promise<VerifyResult> =>
    verify([{ address, port, from: fromHost(host), ...more }], { vantageOf, ...options });

  async function lines(result: Promise<VerifyResult>): Promise<string[]> {
    const found = await result;
    if (found.ok) throw new Error("verified");
    return describeFailures(found.failures);
  }

  async function another(options: SshServerOptions): Promise<SshServer> {
    const server = await startSshServer(sshd.program, { network, ...options });
    stops.push(() => server.stop());
    return server;
  }

  test("this machine does not reach it, the host does, over one connection", async () => {
    const port = await serve(web);
    const outside = verify([{ address: "127.0.0.1", port }], { maxRounds: 1 });
    expect(await lines(outside)).toEqual([expect.stringContaining("connection refused")]);
    const before = host.connections();
    const own = mkdtempSync(join(folder, "t"));
    const foldersMade = temporaryFoldersIn(own);
    const result = await ask("127.0.0.1", port);
    expect(result).toMatchObject({
      ok: true,
      endpoints: [{ addresses: [{ address: "127.0.0.1", tlsVersions: ["1.2", "1.3"] }] }],
    });
    await ask("127.0.0.1", port);
    expect(host.connections()).toBe(before + 1);
    // Neither keys nor sockets are left.
    expect(foldersMade()).toBe(1);
    expect(readdirSync(own)).toEqual([]);
  });

  test("names are resolved there, and every address is asked", async () => {
    const port = await serve(web, "127.0.0.1");
    await serve(oldWeb, "127.0.0.2", port);
    const found = await lines(ask("web.closed.example", port, {}, { maxRounds: 2 }));
    expect(found).toEqual([
      expect.stringMatching(
        new RegExp(
          `^web\\.closed\\.example:${port} \\(from ${name}, 127\\.0\\.0\\.2, SNI web\\.example\\.com\\) serves`,
        ),
      ),
    ]);
    expect(found[0]).toContain(`serial ${oldWeb.serialNumber}`);
    const [unknown] = await lines(ask("nobody.closed.example", port, {}, { maxRounds: 1 }));
    expect(unknown).toContain("the name nobody.closed.example cannot be resolved there: there is no such name");
  });

  test("what does not answer is judged as from this machine", async () => {
    const [refused] = await lines(ask("127.0.0.1", 1, {}, { maxRounds: 1 }));
    expect(refused).toBe(
      `127.0.0.1:1 (from ${name}, SNI web.example.com) connection refused: nothing listens there [TLS 1.3]`,
    );
    const [away] = await lines(ask("192.0.2.1", 443, {}, { maxRounds: 1 }));
    expect(away).toContain(`${name} has no way to the address`);
    const port = await serve(web);
    const [plain] = await lines(ask("127.0.0.1", port, { protocol: "postgresql" }, { maxRounds: 1 }));
    expect(plain).toMatch(/closed the connection|answered/);
  });

  test("an SSH server that forwards nothing is an error with the fix, at once", async () => {
    const port = await serve(web);
    const fixed = "Allow it with `AllowTcpForwarding local` in its sshd_config";
    for (const options of [{ settings: { AllowTcpForwarding: "no" } }, { keyOptions: "restrict" }]) {
      const closed = await another(options);
      const refused = ask("127.0.0.1", port, { from: fromHost(closed) });
      await expect(refused).rejects.toMatchObject({
        code: "Unreachable",
        message: expect.stringMatching(
          new RegExp(`^127\\.0\\.0\\.1:${port} cannot be asked from ${closed.user}@127\\.0\\.0\\.1:${closed.port}: .*`),
        ),
      });
      await expect(refused).rejects.toThrow(fixed);
    }
  });

  test("a host that shows another key is asked for nothing", async () => {
    const { hostKey } = await another({});
    const refused = ask("127.0.0.1", 1, { from: fromHost(host, { hostKey }) });
    await expect(refused).rejects.toMatchObject({ code: "Unreachable" });
    await expect(refused).rejects.toThrow(
      `Nothing can be asked from ${name}. The SSH connection to ${name} could not be`,
    );
    await expect(refused).rejects.toThrow("The host shows another key than hostKey or hostAuthority says.");
  });

  test("through a jump host", async () => {
    const port = await serve(web);
    const jump = await startSshServer(sshd.program);
    stops.push(() => jump.stop());
    const result = await ask("127.0.0.1", port, { from: fromHost(host, { jump: fromHost(jump) }) });
    expect(result.ok).toBe(true);
  });

  test("a connection that is lost in between is made again", async () => {
    const port = await serve(web);
    const before = host.connections();
    let rounds = 0;
    const result = await ask(
      "127.0.0.1",
      port,
      {},
      {
        successes: 3,
        onProgress: () => {
          if (++rounds === 1) host.dropConnections();
        },
      },
    );
    expect(result.ok).toBe(true);
    expect(host.connections()).toBe(before + 2);
  });

  test("a connection carries any amount of data both ways, and is gone once it has ended", async () => {
    const echo = `require("net").createServer((s) => s.pipe(s)).listen(0, "127.0.0.1", function () { console.log(this.address().port); })`;
    const [program = "", ...rest] = network.inside([process.execPath, "-e", echo]);
    const server = startProgram(program, rest);
    stops.push(() => server.stop());
    const port = Number(await server.line((line) => line !== ""));
    const connection = await SshConnection.open(parseSsh(fromHost(host), "from"), client, true);
    stops.push(() => connection.close());
    const { signal } = new AbortController();
    const sent = randomBytes(3_000_000);
    const channel = await connection.channels.open("127.0.0.1", port, signal);
    channel.end(sent);
    expect(
      createHash("sha256")
        .update(await buffer(channel))
        .digest("hex"),
    ).toBe(createHash("sha256").update(sent).digest("hex"));
    const given = await connection.channels.open("127.0.0.1", port, signal);
    given.destroy();
    await until("the end of the channel", () => connection.channels.count === 0);
    const late = connection.channels.open("127.0.0.1", port, AbortSignal.abort());
    await expect(late).rejects.toThrow("aborted");
    await until("the end of the channel", () => connection.channels.count === 0);
  });

  test("many at once, each by itself", async () => {
    const ports = await Promise.all(Array.from({ length: 4 }, () => serve(web)));
    const endpoints = ports.flatMap((port) =>
      Array.from({ length: 10 }, (_, index) => ({ address: `127.0.0.${index + 1}`, port, from: fromHost(host) })),
    );
    const reachable = endpoints.filter(({ address }) => address === "127.0.0.1");
    const result = await verify(endpoints, { vantageOf, maxRounds: 1, expected: expected(web) });
    if (result.ok) throw new Error("verified");
    expect(result.failures).toHaveLength(endpoints.length - reachable.length);
    expect(new Set(result.failures.map(({ reason }) => reason))).toEqual(new Set(["refused"]));
  });
});
