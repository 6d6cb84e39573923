import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type RemoteHosts, startRemoteHosts } from "../support/remoteHosts";
import { changes, outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";
import { until } from "../support/until";
import { WavesBench } from "../support/wavesBench";

const [sshd, nginx] = [needs("sshd"), needs("nginx")];
/** What is missing, or root, without whom there are no mounts. */
const needed = [sshd, nginx].find(({ program }) => program === "") ?? needs("root");

needed.describe("a certificate on three hosts over SSH, a canary first (as root, each with its own files)", () => {
  let hosts: RemoteHosts;
  let bench: WavesBench;
  let stack: Stack;

  const program = ({
    generation = 1,
    waves = [[0], [1, 2]],
  }: { generation?: number; waves?: number[][] } = {}): string => {
    const { kind: _, ...target } = bench.target();
    return `
    const { Certificate, CertificateAuthority, CertificateDeployment, files, ssh } = require("pulumi-certificates");
    const pulumi = require("@pulumi/pulumi");
    const issuer = new CertificateAuthority("root", { commonName: "Root" });
    const web = new Certificate("web", { issuer, dnsNames: ["web.example.com"], triggers: { generation: "${generation}" } });
    const all = ${JSON.stringify(hosts.all.map(({ ssh: { address: host, port, user, hostKey, privateKey } }) => ({ host, port, user, hostKey, privateKey })))};
    const host = (index) => ssh({ ...all[index], privateKey: pulumi.secret(all[index].privateKey) });
    const edge = new CertificateDeployment("edge", {
      certificate: web,
      target: files(${JSON.stringify(target)}),
      waves: ${JSON.stringify(waves)}.map((wave) => wave.map(host)),
      endpoints: ${JSON.stringify(hosts.all.map(({ address, port }) => ({ address, port })))},
      timeout: "10s",
    });
  `;
  };

  const served = (): Promise<string[]> => bench.served();
  const issued = async (): Promise<string> => (await outputsByName(stack)).web?.fingerprintSha256;

  beforeAll(async () => {
    hosts = await startRemoteHosts(3, { sshd: sshd.program, nginx: nginx.program });
    bench = new WavesBench(hosts);
    stack = await createStack({ program: "" });
    stack.write(program());
  });
  afterAll(() => hosts.stop());

  test("each gets it over one connection, is verified, and holds no key of ours", async () => {
    await stack.preview();
    expect(hosts.all.map(({ ssh }) => ssh.connections())).toEqual([0, 0, 0]);
    await stack.up();
    const fingerprint = await issued();
    expect(await served()).toEqual([fingerprint, fingerprint, fingerprint]);
    expect(hosts.all.map(({ ssh }) => ssh.connections())).toEqual([1, 1, 1]);
    const { edge } = await outputsByName(stack);
    expect(Object.keys(edge?.hosts)).toEqual(hosts.all.map(({ address, ssh }) => `${ssh.user}@${address}:${ssh.port}`));
    expect(stack.stateFile()).not.toContain("OPENSSH PRIVATE KEY");
    await stack.preview({ args: ["--expect-no-changes"] });
    expect(hosts.all.map(({ ssh }) => ssh.connections())).toEqual([1, 1, 1]);
  });

  test("a wave that fails goes back as a whole, those before it keep the new one, and the next run goes on there", async () => {
    const before = await issued();
    const [, , third] = hosts.all;
    const configuration = readFileSync(third!.configuration, "utf8");
    writeFileSync(third!.configuration, configuration.replace("listen", "lissten"));
    stack.write(program({ generation: 2 }));
    const preview = (await stack.preview()).all;
    expect(changes(preview)).toEqual({ web: "update", edge: "update" });
    const [canary, second, last] = hosts.all.map(({ ssh, address }) => `${ssh.user}@${address}:${ssh.port}`);
    const reload = hosts.reload.slice(0, 2).join(" ");
    expect(diagnosticsOf(preview, "edge").join()).toContain(
      `[CertificateChanged]: ${canary}, then ${second} and ${last}; each reloads with ${reload} '`,
    );
    const { all } = await stack.up({ fails: true });
    const fresh = await issued();
    expect(fresh).not.toBe(before);
    expect(await served()).toEqual([fresh, before, before]);
    expect(all).toContain("Wave 2 failed; 1 of 3 hosts have what is wanted, the next run goes on with the others.");
    expect(all).toMatch(
      new RegExp(`on ${third!.ssh.user}@${third!.address}:\\d+ failed: .*unknown directive .*lissten`, "s"),
    );
    const connections = hosts.all.map(({ ssh }) => ssh.connections());
    writeFileSync(third!.configuration, configuration);
    const again = diagnosticsOf((await stack.preview()).all, "edge").join();
    expect(again).toContain(`[NotDone]: ${second} and ${last}; each reloads with ${reload} '`);
    expect(again).toContain("the last deployment did not succeed");
    await stack.up();
    expect(await served()).toEqual([fresh, fresh, fresh]);
    // The first one was done and is not asked again.
    expect(hosts.all.map(({ ssh }) => ssh.connections())).toEqual([
      connections[0],
      connections[1]! + 1,
      connections[2]! + 1,
    ]);
  });

  test("one that fails as the canary leaves all others as they are; a host that is gone is named", async () => {
    const before = await issued();
    stack.write(program({ generation: 3 }).replace(`"port":${hosts.all[0]!.ssh.port}`, '"port":1'));
    const { all } = await stack.up({ fails: true });
    expect(all).toMatch(
      /The SSH connection to \w+@127\.0\.0\.2:1 could not be made: .*refused.* Check that its SSH server runs/,
    );
    expect(await served()).toEqual([before, before, before]);
    stack.write(program({ generation: 3 }));
    await stack.up();
    const fresh = await issued();
    expect(await served()).toEqual([fresh, fresh, fresh]);
  });

  test("a host that is cut off between the switch and the reload goes on serving, and the next run goes on there", async () => {
    const before = await issued();
    const [, , third] = hosts.all;
    stack.write(program({ generation: 4 }));
    const running = stack.start(["up", "--yes", "--skip-preview"]);
    await bench.during(third!, "check", () => third!.ssh.die());
    const { code, all } = await running.done;
    await third!.ssh.restart();
    expect(code).not.toBe(0);
    expect(all).toMatch(/The SSH connection to \w+@127\.0\.0\.4:\d+ was lost: .*the next run goes on/);
    const fresh = await issued();
    await until("the second host to have gone back", async () => (await served())[1] === before);
    expect(await served()).toEqual([fresh, before, before]);
    expect([before, fresh]).toContain(bench.stored()[2]);
    await stack.up();
    expect(await served()).toEqual([fresh, fresh, fresh]);
    expect(bench.leftovers()).toEqual([]);
  });

  test("what was changed by hand is noticed on the host that it was changed on, and put right there", async () => {
    const [first, second] = hosts.all;
    const directory = join(second!.folder, "tls");
    const file = join(directory, "fullchain.pem");
    renameSync(file, `${file}.away`);
    writeFileSync(file, "changed by hand");
    const identity = { SSH_IDENTITY: first!.ssh.identityFile };
    stack.write(withIdentityFiles());
    await stack.up({ env: identity });
    const preview = await stack.preview({ args: ["--refresh"] });
    expect(changes(preview.all)).toEqual({ edge: "update" });
    expect(diagnosticsOf(preview.all, "edge").join()).toContain(
      `[Drifted]: ${second!.ssh.user}@${second!.address}:${second!.ssh.port}; reloads with`,
    );
    const connections = hosts.all.map(({ ssh }) => ssh.connections());
    await stack.up({ args: ["--refresh"] });
    expect(readFileSync(file, "utf8")).toContain("BEGIN CERTIFICATE");
    // Each is looked at over one connection, in which the second is put right.
    expect(hosts.all[0]!.ssh.connections() - connections[0]!).toBe(1);
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    rmSync(`${file}.away`, { force: true });
  });

  /** A refresh has no secrets: it finds its keys in files of the machine. */
  const withIdentityFiles = (): string =>
    program({ generation: 4 })
      .replace("privateKey: pulumi.secret(all[index].privateKey)", "identityFile: files0[index], privateKey: undefined")
      .replace(
        "const host =",
        `const files0 = ${JSON.stringify(hosts.all.map(({ ssh }) => ssh.identityFile))};\n const host =`,
      );

  test("a host that no wave names any more keeps what it has, without our mark", async () => {
    stack.write(withIdentityFiles().replace(JSON.stringify([[0], [1, 2]]), JSON.stringify([[0], [1]])));
    const { all } = await stack.up();
    const { ssh, address } = hosts.all[2]!;
    expect(diagnosticsOf(all, "edge").join()).toContain(`[HostsChanged]: ends at ${ssh.user}@${address}:${ssh.port}`);
    const { edge } = await outputsByName(stack);
    expect(Object.keys(edge?.hosts)).toHaveLength(2);
    expect(readdirSync(join(hosts.all[2]!.folder, "tls"))).toContain("fullchain.pem");
    await stack.preview({ args: ["--expect-no-changes"] });
  });
});
