import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type RemoteHost, type RemoteHosts, startRemoteHosts } from "../support/remoteHosts";
import { changes, outputsByName } from "../support/renewals";
import { needs } from "../support/requirements";

const [sshd, nginx] = [needs("sshd"), needs("nginx")];
/** What is missing, or root, without whom there are no mounts. */
const needed = [sshd, nginx].find(({ program }) => program === "") ?? needs("root");

const names = ["api", "shop", "web"];

/** Who it trusts is not the question here. */
function fingerprintAt({ address, port }: RemoteHost, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: `${name}.example.com`, rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase() ?? "none");
      socket.destroy();
    });
  });
}

needed.describe("a fleet on two hosts over SSH, in one resource (as root, each with its own files)", () => {
  let hosts: RemoteHosts;
  let stack: Stack;

  const program = (
    generations: Record<string, number> = {},
    key: "privateKey" | "identityFile" = "privateKey",
    members: readonly string[] = names,
  ): string => `
    const { CertificateAuthority, CertificateSet, DeploymentSet, files, ssh } = require("pulumi-certificates");
    const pulumi = require("@pulumi/pulumi");
    const issuer = new CertificateAuthority("root", { commonName: "Root" });
    const generations = ${JSON.stringify(generations)};
    const member = (name) => [name, { dnsNames: [name + ".example.com"], triggers: { generation: generations[name] ?? 1 } }];
    const fleet = new CertificateSet("fleet", { issuer, members: Object.fromEntries(${JSON.stringify(members)}.map(member)) });
    const all = ${JSON.stringify(hosts.all.map(({ ssh }) => ({ host: ssh.address, port: ssh.port, user: ssh.user, hostKey: ssh.hostKey, key: ssh[key] })))};
    const edge = new DeploymentSet("edge", {
      certificates: fleet,
      target: (name) => files({
        directory: ${JSON.stringify(join(hosts.path, "tls"))} + "/" + name,
        files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
        check: ${JSON.stringify(hosts.check)},
        reload: ["/bin/sh", "-c", ${JSON.stringify(`echo reloaded >> ${hosts.path}/reloads; ${hosts.reload.at(-1)}`)}],
        onDelete: "remove",
      }),
      endpoints: () => ${JSON.stringify(hosts.all.map(({ address, port }) => ({ address, port })))},
      waves: all.map(({ key, ...host }) => [ssh({ ...host, ${key}: ${key === "privateKey" ? "pulumi.secret(key)" : "key"} })]),
      timeout: "10s",
    });
    exports.deployed = edge.deployedFingerprints;
  `;

  /** Each name has its own certificate, but for those of \`instead\`. */
  function configure(host: RemoteHost, instead: Record<string, string> = {}): void {
    const servers = names.map((name) => {
      const folder = `${hosts.path}/tls/${instead[name] ?? name}`;
      return `server { listen ${host.address}:${host.port} ssl; server_name ${name}.example.com;
        ssl_certificate ${folder}/fullchain.pem; ssl_certificate_key ${folder}/privkey.pem; }`;
    });
    const [before = ""] = readFileSync(host.configuration, "utf8").split(/^ {2}server /m);
    writeFileSync(host.configuration, `${before}  ${servers.join("\n")}\n}\n`);
  }

  const served = (): Promise<string[][]> =>
    Promise.all(hosts.all.map((host) => Promise.all(names.map((name) => fingerprintAt(host, name)))));
  const issued = async (): Promise<Record<string, string>> => {
    const { edge } = await outputsByName(stack);
    const seen = JSON.parse(edge?.certificates as string) as Record<string, string>;
    return Object.fromEntries(names.map((name) => [name, seen[name]?.split(" ")[0] ?? "none"]));
  };
  const reloads = (): number[] =>
    hosts.all.map(({ folder }) => readFileSync(join(folder, "reloads"), "utf8").trim().split("\n").length);

  beforeAll(async () => {
    hosts = await startRemoteHosts(2, { sshd: sshd.program, nginx: nginx.program });
    for (const host of hosts.all) configure(host);
    stack = await createStack({ program: "" });
    stack.write(program());
  });
  afterAll(() => hosts.stop());

  test("all of them are served by both after one reload each", async () => {
    await stack.up();
    const all = await issued();
    expect(new Set(Object.values(all)).size).toBe(3);
    expect(await served()).toEqual([names.map((name) => all[name]), names.map((name) => all[name])]);
    expect(reloads()).toEqual([1, 1]);
    expect(hosts.all.map(({ ssh }) => ssh.connections())).toEqual([1, 1]);
    expect(stack.stateFile()).not.toContain("OPENSSH PRIVATE KEY");
    await stack.preview({ args: ["--expect-no-changes"] });
  });

  test("a preview names the member that is about to be deployed, and what fails on one host leaves the others", async () => {
    const before = await issued();
    stack.write(program({ api: 2, shop: 2 }));
    const preview = await stack.preview();
    expect(changes(preview.all)).toEqual({ fleet: "update", edge: "update" });
    // In one line, since the same is done with both; the third is not named.
    expect(diagnosticsOf(preview.all, "edge")).toEqual([
      expect.stringMatching(/^api, shop \[CertificateChanged\]: \S+, then \S+; each reloads with \/bin\/sh/),
    ]);
    const [, second] = hosts.all;
    configure(second!, { shop: "web" });
    const { all } = await stack.up({ fails: true });
    expect(all).toContain("1 of 3 members failed, all others are done; the next run goes on with those.");
    const after = await issued();
    expect(await served()).toEqual([
      [after.api, after.shop, before.web],
      [after.api, before.web, before.web],
    ]);
    expect(all).toMatch(new RegExp(`shop: .*${second!.address}`, "s"));
    configure(second!);
    const counted = reloads();
    await stack.up();
    expect(await served()).toEqual([
      [after.api, after.shop, before.web],
      [after.api, after.shop, before.web],
    ]);
    expect(reloads()).toEqual([counted[0], counted[1]! + 1]);
    await stack.preview({ args: ["--expect-no-changes"] });
  });

  test("a member that leaves the set ends on its hosts, with the keys of the run", async () => {
    stack.write(program({ shop: 2 }, "privateKey", ["shop", "web"]));
    expect(diagnosticsOf((await stack.preview()).all, "edge")).toEqual([
      expect.stringMatching(/^api \[Removed\]: ends at \S+ and \S+$/),
    ]);
    await stack.up();
    for (const { folder } of hosts.all) expect(existsSync(join(folder, "tls", "api"))).toBe(false);
    for (const { folder } of hosts.all) expect(existsSync(join(folder, "tls", "web"))).toBe(true);
  });

  test("what it deployed goes with it, where the target says so", async () => {
    // A deletion has no secrets: it reaches hosts by keys in files of the machine.
    stack.write(program({ shop: 2 }, "identityFile", ["shop", "web"]));
    await stack.up();
    stack.write(program({ shop: 2 }, "identityFile", ["shop", "web"]).replace(/const edge = [^]*$/, ""));
    await stack.up();
    for (const { folder } of hosts.all) expect(existsSync(join(folder, "tls", "web"))).toBe(false);
  });
});
