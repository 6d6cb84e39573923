import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type RemoteHosts, startRemoteHosts } from "../support/remoteHosts";
import { needs } from "../support/requirements";
import { seededRandom } from "../support/seededRandom";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { fillBut } from "../support/targets/memoryDisk";
import { startTlsServer } from "../support/tlsServer";
import { until } from "../support/until";
import { type HeldStep, WavesBench } from "../support/wavesBench";

/** Repeat a failure with `KILL_SEED=<the seed that was printed>`. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const random = seededRandom(seed);

const [sshd, nginx] = [needs("sshd"), needs("nginx")];
/** What is missing, or root, without whom there are no mounts. */
const needed = [sshd, nginx].find(({ program }) => program === "") ?? needs("root");

needed.describe(`hosts over SSH that fail, with nginx (as root; seed ${seed})`, () => {
  let hosts: RemoteHosts;
  let bench: WavesBench;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
    hosts = await startRemoteHosts(2, { sshd: sshd.program, nginx: nginx.program });
    bench = new WavesBench(hosts);
  });
  afterAll(() => hosts.stop());
  beforeEach(async () => expect(await bench.up(old)).not.toHaveProperty("failure"));

  const both = (material: TestMaterial): string[] => [material.fingerprintSha256, material.fingerprintSha256];
  /** nginx has done what it was told a moment after it was told. */
  const expectServed = (material: TestMaterial): Promise<void> =>
    until("both hosts to serve it", async () => (await bench.served()).join() === both(material).join(), 5_000);
  const expectInUse = async (material: TestMaterial): Promise<void> => {
    await expectServed(material);
    expect(bench.stored()).toEqual(both(material));
    expect(bench.leftovers()).toEqual([]);
  };
  const nameOf = (index: number): string => {
    const { ssh, address } = hosts.all[index]!;
    return `${ssh.user}@${address}:${ssh.port}`;
  };
  /** One wave with the first host as it is, and the second described in another way. */
  const secondOtherwise = (changes: object): { waves: ({ readonly kind: string } & Record<string, unknown>)[][] } => {
    const [first, second] = hosts.all.map((host) => bench.describe(host));
    return { waves: [[first!, { ...second!, ...changes }]] };
  };

  test.each<[string, () => object, RegExp]>([
    [
      "cannot be reached",
      () => ({ port: 1 }),
      /The SSH connection to \w+@127\.0\.0\.3:1 could not be made: .*refused.* Check that its SSH server runs and that this machine reaches it\./,
    ],
    [
      "shows another key",
      () => ({ hostKey: hosts.all[1]!.ssh.hostAuthority }),
      /The SSH connection to \w+@127\.0\.0\.3:\d+ could not be made: .*The host shows another key than hostKey/,
    ],
    [
      "does not let the user in",
      () => ({ user: "nobody-of-this-name" }),
      /The SSH connection to nobody-of-this-name@127\.0\.0\.3:\d+ could not be made: .*Permission denied.* Check user/,
    ],
  ])("one that %s: the wave goes back, and the message says what to do", async (_, how, message) => {
    const { failure = "" } = await bench.up(fresh, secondOtherwise(how()));
    expect(failure).toMatch(message);
    expect(failure).toContain("0 of 2 hosts have what is wanted");
    await expectInUse(old);
  });

  test("a place that can never work is told with its host, before anything is changed", async () => {
    bench.forget();
    const target = { ...bench.target(), directory: "/etc/passwd/tls" };
    const { failure = "" } = await bench.up(fresh, { target });
    expect(failure).toContain(": target.directory: /etc/passwd/tls cannot be a directory: /etc/passwd is none.");
    expect(failure).toMatch(/^\w+@127\.0\.0\.[23]:\d+: target\.directory/m);
    bench.forget();
    await expectInUse(old);
  });

  test("a configuration that does not load: the server's own message, and both hosts have the old certificate", async () => {
    const { configuration } = hosts.all[1]!;
    const text = readFileSync(configuration, "utf8");
    writeFileSync(configuration, text.replace("listen", "lissten"));
    const { failure = "" } = await bench.up(fresh);
    writeFileSync(configuration, text);
    expect(failure).toContain(`on ${nameOf(1)} failed: `);
    expect(failure).toContain('unknown directive "lissten"');
    await expectInUse(old);
    await bench.up(fresh);
    await expectInUse(fresh);
  });

  test("an endpoint that serves something else: it is named, and both hosts go back", async () => {
    const { address } = hosts.all[0]!;
    const other = await testMaterial();
    const server = await startTlsServer({ host: address, cert: other.fullChainPem, key: other.privateKeyPem });
    const endpoints = [{ address, port: server.port, serverName: "web.example.com" }];
    const { failure = "" } = await bench.up(fresh, { endpoints, timeout: "1s" });
    await server.close();
    expect(failure).toContain(`${address}:${server.port} (SNI web.example.com) serves CN=web.example.com`);
    // The one that was ready last has looked, the other one hears of it.
    expect(failure).toMatch(/ failed: The wave does not serve it\./);
    await expectInUse(old);
  });

  test.each<[HeldStep, string]>([
    ["checkStaged", "is cut off while it is staged"],
    ["check", "is cut off between the switch and the reload"],
    ["reload", "is cut off while it reloads"],
  ])("%s: one that %s is named, the others go back, and the next run goes on", async (step) => {
    const [, second] = hosts.all;
    const run = bench.up(fresh);
    await bench.during(second!, step, () => second!.ssh.die());
    const { failure = "" } = await run;
    await second!.ssh.restart();
    expect(failure).toContain(`The SSH connection to ${nameOf(1)} was lost`);
    await expectServed(old);
    expect([old.fingerprintSha256, fresh.fingerprintSha256]).toContain(bench.stored()[1]);
    await bench.up(fresh);
    await expectInUse(fresh);
  });

  test("one that is cut off at a random moment serves the old certificate or the new one, and the next run goes on", async () => {
    const [, second] = hosts.all;
    for (let time = 0; time < 4; time++) {
      const [from, to] = time % 2 === 0 ? [old, fresh] : [fresh, old];
      const before = second!.ssh.connections();
      const run = bench.up(to);
      await until("the connection", () => second!.ssh.connections() > before);
      await delay(random() * 400);
      await second!.ssh.die();
      const { failure } = await run;
      await second!.ssh.restart();
      if (failure !== undefined) expect(failure).toContain(nameOf(1));
      expect([from.fingerprintSha256, to.fingerprintSha256]).toContain((await bench.served())[1]);
      expect([from.fingerprintSha256, to.fingerprintSha256]).toContain(bench.stored()[1]);
      expect(await bench.up(to)).not.toHaveProperty("failure");
      await expectInUse(to);
    }
  });

  test("a run that is killed leaves nothing running on the host, whose server has the old certificate or the new one", async () => {
    const [, second] = hosts.all;
    const { ssh } = second!;
    for (let time = 0; time < 4; time++) {
      const [from, to] = time % 2 === 0 ? [old, fresh] : [fresh, old];
      const before = ssh.connections();
      const run = bench.upElsewhere(second!, to);
      const ended = once(run, "close");
      await until("the connection", () => ssh.connections() > before);
      await delay(random() * 300);
      run.kill("SIGKILL");
      await ended;
      await until("what the run began on the host to end", () => !ssh.isBusy(), 10_000);
      expect([from.fingerprintSha256, to.fingerprintSha256]).toContain((await bench.served())[1]);
      expect([from.fingerprintSha256, to.fingerprintSha256]).toContain(bench.stored()[1]);
      expect(await bench.up(to)).not.toHaveProperty("failure");
      await expectInUse(to);
    }
  });
});

needed.describe("a host over SSH whose disk is full (as root, on a small file system)", () => {
  let hosts: RemoteHosts;
  afterAll(() => hosts.stop());

  test("wherever the space runs out, the old certificate is served, the host is named, and the next run goes on", async () => {
    hosts = await startRemoteHosts(1, { sshd: sshd.program, nginx: nginx.program, disk: "size=512k" });
    const [host] = hosts.all;
    const bench = new WavesBench(hosts);
    const [old, fresh] = [await testMaterial(), await testMaterial()];
    const expectServed = (material: TestMaterial): Promise<void> =>
      until("it to be served", async () => (await bench.served())[0] === material.fingerprintSha256, 5_000);
    await bench.up(old);
    for (let free = 0; ; free += 2) {
      const filler = join(host!.folder, "filler");
      fillBut(filler, free * 4096);
      const { failure } = await bench.up(fresh);
      rmSync(filler);
      if (failure === undefined) {
        expect(free).toBeGreaterThan(2);
        break;
      }
      expect(failure).toMatch(/ on \w+@127\.0\.0\.2:\d+ cannot be \w+: .*No space left on device\./);
      expect(failure).toContain("Nothing that is in use was changed.");
      expect(bench.stored()).toEqual([old.fingerprintSha256]);
      expect(bench.leftovers()).toEqual([]);
      await expectServed(old);
    }
    await expectServed(fresh);
  });
});
