import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { deploy } from "../../sdk/targets/deploy";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { SshHost } from "../../sdk/targets/hosts/sshHost";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import { kindOfTarget } from "../../sdk/targets/registry";
import type { Material } from "../../sdk/targets/target";
import { freePorts } from "../support/freePorts";
import { findProgram } from "../support/program";
import { needs } from "../support/requirements";
import { type SudoHost, deployUser, startSudoHost } from "../support/sudoHost";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { until } from "../support/until";
import { fingerprintAt } from "../support/wavesBench";

const address = "127.0.0.5";
const text = readFileSync(join(__dirname, "../../docs/deployment.md"), "utf8");
/** What a line of sudoers allows, as the documentation prints it. */
function documented(pattern: RegExp): string {
  const [, found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new Error(`docs/deployment.md has nothing like ${String(pattern)}.`);
  return found;
}
const wholeLine = documented(/^(deploy ALL=\(root\) NOPASSWD: .*reload nginx)$/m);
const linesOfHook = documented(/^(Defaults![^]*?NOPASSWD: .*\/dovecot\.sh)$/m);
const ofNginx = documented(/`(\/usr\/sbin\/nginx -t, [^`]*)`/);
const ofSocat = documented(/`(\/usr\/bin\/socat [^`]*)`/);
const lineFor = (commands: string): string => `deploy ALL=(root) NOPASSWD: ${commands}`;

const [sshd, nginx, haproxy, socat] = [needs("sshd"), needs("nginx"), needs("haproxy"), needs("socat")];
const programs = [sshd, nginx, haproxy, socat, needs("sudo")];
/** What is missing, or root, without whom there are no mounts. */
const needed = programs.find(({ program }) => program === "") ?? needs("root");

needed.describe("commands by sudo, on a host with exactly the lines of the documentation (as root)", () => {
  let host: SudoHost;
  let ports: { nginx: number; haproxy: number };
  let connection: SshConnection;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
    const [first = 0, second = 0] = await freePorts(2);
    ports = { nginx: first, haproxy: second };
    host = await startSudoHost(sshd.program, {
      address,
      files: {
        "/etc/nginx/nginx.conf": nginxConfiguration(first),
        "/etc/nginx/tls/web/fullchain.pem": old.fullChainPem,
        "/etc/nginx/tls/web/privkey.pem": old.privateKeyPem,
        "/etc/haproxy/haproxy.cfg": haproxyConfiguration(second),
        "/etc/haproxy/tls/shop.pem": old.privateKeyPem + old.fullChainPem,
        "/etc/haproxy/lists/certificates.list": "/etc/haproxy/tls/shop.pem\n",
        "/run/haproxy/kept": "",
      },
      programs: {
        "/usr/sbin/nginx": nginx.program,
        "/usr/bin/socat": socat.program,
        "/etc/letsencrypt/renewal-hooks/deploy/dovecot.sh":
          '#!/bin/sh\necho "$(id -un) $RENEWED_LINEAGE $RENEWED_DOMAINS" >/run/hook-said\n',
        // Of systemd it is only asked to do this.
        "/usr/bin/systemctl": '#!/bin/sh\n[ "$*" = "reload nginx" ] && exec /usr/sbin/nginx -s reload\n',
      },
      ownDirectories: ["/etc/nginx/tls", "/etc/haproxy/lists", "/etc/haproxy/tls", "/etc/letsencrypt/live"],
    });
    // They keep the outputs that they have.
    const start = (...command: string[]): string =>
      host.ssh.inside(["sh", "-c", '"$@" >/dev/null 2>&1', "sh", ...command]);
    start("/usr/sbin/nginx");
    start(haproxy.program, "-D", "-f", "/etc/haproxy/haproxy.cfg");
    await until("HAProxy", () =>
      fingerprintAt(address, second).then(
        () => true,
        () => false,
      ),
    );
    const { port, user, hostKey, identityFile } = host.ssh;
    const spec = parseSsh({ kind: "ssh", host: address, port, user, hostKey, identityFile, sudo: true }, "host");
    connection = await SshConnection.open(spec, findProgram("ssh") ?? "ssh");
  });
  afterAll(async () => {
    await connection.close();
    for (const pidFile of ["/run/nginx.pid", "/run/haproxy.pid"])
      host.ssh.inside(["sh", "-c", `read -r p <${pidFile}; kill $p; while [ -e /proc/$p ]; do sleep 0.05; done`]);
    await host.stop();
  });

  const bring = async (
    args: { readonly kind: string } & Record<string, unknown>,
    material: Material,
    name = "edge",
  ): Promise<void> => {
    const kind = kindOfTarget(args, "target");
    const spec = kind.parse({ takeOver: true, ...args }, "target");
    const [there, resource] = [new SshHost(connection), `project/stack/${name}`];
    await kind.preflight(spec, { host: there, resource });
    const context = { host: there, instance: { id: `${name}-00000001`, resource } };
    await deploy({ kind, spec, wanted: { material }, context });
  };
  const failure = async (work: Promise<unknown>): Promise<CertificatesError> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (CertificatesError.is(error)) return error;
    throw new Error("It did not fail.", { cause: error });
  };
  const expectServed = (port: number, { fingerprintSha256 }: Material): Promise<void> =>
    until("it to be served", async () => (await fingerprintAt(address, port)) === fingerprintSha256, 5_000);

  /** The program of the documentation to which its whole line belongs. */
  const files = {
    kind: "files",
    directory: "/etc/nginx/tls/web",
    files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
    check: ["/usr/sbin/nginx", "-t"],
    reload: ["/usr/bin/systemctl", "reload", "nginx"],
  };
  const paths = {
    certificatePath: "/etc/nginx/tls/web/fullchain.pem",
    keyPath: "/etc/nginx/tls/web/privkey.pem",
  };

  test("sudo takes every line of the documentation", () => {
    const blocks = [...text.matchAll(/```text\n([^`]*NOPASSWD[^`]*)```/g)].map(([, block = ""]) => block.trim());
    expect(blocks).toContain(wholeLine);
    for (const block of blocks) host.allow(block);
    host.allow(lineFor(documented(/`(\/usr\/sbin\/apachectl configtest, [^`]*)`/)));
  });

  test("the line for files with check and reload is enough", async () => {
    host.allow(wholeLine);
    await bring(files, fresh);
    await expectServed(ports.nginx, fresh);
    await bring(files, old);
    await expectServed(ports.nginx, old);
  });

  test("the commands for nginx are enough", async () => {
    host.allow(lineFor(ofNginx));
    await bring({ kind: "nginx", ...paths }, fresh);
    await expectServed(ports.nginx, fresh);
  });

  test("the command for HAProxy is enough", async () => {
    host.allow(lineFor(ofSocat));
    const target = { kind: "haproxy", certificatePath: "/etc/haproxy/tls/shop.pem" };
    await bring(target, fresh);
    await expectServed(ports.haproxy, fresh);
    await bring(target, old);
    await expectServed(ports.haproxy, old);
    const another = await testMaterial("other.example.com");
    const crtList = "/etc/haproxy/lists/certificates.list";
    await bring({ ...target, certificatePath: "/etc/haproxy/tls/other.pem", crtList }, another, "other");
    expect(await fingerprintAt(address, ports.haproxy, "other.example.com")).toBe(another.fingerprintSha256);
    expect(host.ssh.inside(["cat", crtList])).toBe("/etc/haproxy/tls/shop.pem\n/etc/haproxy/tls/other.pem\n");
    expect(host.ssh.inside(["stat", "-c", "%U %a", crtList])).toBe("deploy 644\n");
  });

  test("the lines for a deploy hook of certbot let its variables through", async () => {
    host.allow(linesOfHook);
    const directory = "/etc/letsencrypt/live/mail.internal.example";
    const command = ["/etc/letsencrypt/renewal-hooks/deploy/dovecot.sh"];
    await bring({ kind: "exec", style: "certbot", directory, command }, fresh);
    expect(host.ssh.inside(["cat", "/run/hook-said"])).toBe(`root ${directory} web.example.com\n`);
  });

  test("a command that is not listed is refused, with the line that is missing, and the old certificate comes back", async () => {
    host.allow(lineFor("/usr/sbin/nginx -t"));
    await bring({ ...files, reload: undefined, check: undefined }, old);
    const { message } = await failure(bring(files, fresh));
    expect(message).toContain("`/usr/bin/systemctl reload nginx` ended with exit code 1: sudo: a password is required");
    expect(message).toContain(
      `On deploy@${address}:${host.ssh.port} sudo does not run it: put this line into /etc/sudoers.d/deploy there: ${lineFor("/usr/bin/systemctl reload nginx")}`,
    );
    expect(message).toContain(`${old.fingerprintSha256}, deployed before, is back`);
    host.allow(wholeLine);
    await bring(files, fresh);
    await expectServed(ports.nginx, fresh);
  });

  test("the line that a refusal of HAProxy's socket asks for is that of the documentation", async () => {
    host.allow(lineFor("/bin/true"));
    const { message } = await failure(bring({ kind: "haproxy", certificatePath: "/etc/haproxy/tls/shop.pem" }, fresh));
    expect(message).toContain(lineFor(ofSocat));
    await expectServed(ports.haproxy, old);
  });

  test("a command with one more argument than listed is refused", async () => {
    host.allow(lineFor(ofNginx));
    const { message } = await failure(bring({ ...files, check: ["/usr/sbin/nginx", "-t", "-q"] }, old));
    expect(message).toContain("sudo: a password is required");
    await expectServed(ports.nginx, fresh);
  });

  test("a directory that the user may not write is named with the host and what to do", async () => {
    const elsewhere = { ...files, directory: "/etc/nginx/other" };
    const { message, code } = await failure(bring(elsewhere, fresh));
    expect(code).toBe("InvalidArgument");
    expect(message).toMatch(/^target\.directory: \/etc\/nginx\/other cannot be written by uid 1777/);
    expect(message).toContain(`permission denied for ${deployUser.name}`);
    host.allow(wholeLine);
    host.ssh.inside(["chown", "root:", "/etc/nginx/tls/web"]);
    const kind = kindOfTarget(files, "target");
    const context = {
      host: new SshHost(connection),
      instance: { id: "edge-00000001", resource: "project/stack/edge" },
    };
    const late = deploy({ kind, spec: kind.parse(files, "target"), wanted: { material: old }, context });
    const { message: told } = await failure(late);
    expect(told).toMatch(/ on deploy@127\.0\.0\.5:\d+ cannot be renamed: .*: Permission denied\. /);
    expect(told).toContain("deploy writes the files itself, not by sudo: let it own the directory (chown).");
    await expectServed(ports.nginx, fresh);
  });
});

function nginxConfiguration(port: number): string {
  return `pid /run/nginx.pid;
error_log /run/nginx-error.log;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path /run/body;
  proxy_temp_path /run/proxy;
  fastcgi_temp_path /run/fastcgi;
  uwsgi_temp_path /run/uwsgi;
  scgi_temp_path /run/scgi;
  server {
    listen ${address}:${port} ssl;
    ssl_certificate /etc/nginx/tls/web/fullchain.pem;
    ssl_certificate_key /etc/nginx/tls/web/privkey.pem;
    return 204;
  }
}
`;
}

function haproxyConfiguration(port: number): string {
  return `global
  pidfile /run/haproxy.pid
  stats socket /run/haproxy/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 10s
  timeout client 30s
  timeout server 30s
frontend web
  bind ${address}:${port} ssl crt-list /etc/haproxy/lists/certificates.list
  http-request return status 200
`;
}
