import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Host } from "../../sdk/targets/hosts/host";
import { localHost } from "../../sdk/targets/hosts/local";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { SshHost } from "../../sdk/targets/hosts/sshHost";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import { findProgram } from "../support/program";
import { needs } from "../support/requirements";
import { type SshServer, startSshServer } from "../support/sshServer";
import { temporaryFoldersIn } from "../support/temporaryFolders";

const sshd = needs("sshd");
const client = findProgram("ssh") ?? "ssh";
const root = process.getuid?.() === 0;
/** With what a shell would take apart. */
const hard = `a "b" 'c' $d; e\\f*`;

let server: SshServer;
const specOf = (more: object = {}): ReturnType<typeof parseSsh> =>
  parseSsh({ kind: "ssh", host: "127.0.0.1", ...pick(server), ...more }, "hosts[0]");
const pick = ({ user, port, hostKey, privateKey }: SshServer): object => ({ user, port, hostKey, privateKey });

function contract(title: string, open: () => Promise<Host>): void {
  describe(`${title}: a host`, () => {
    let host: Host;
    let folder: string;
    const at = (name: string): string => join(folder, name);
    beforeAll(async () => {
      host = await open();
    });
    beforeEach(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), "host-")));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    test("knows its user and others", async () => {
      const { uid, gid, groups } = await host.identity();
      expect({ uid, gid }).toEqual({ uid: process.getuid?.(), gid: process.getgid?.() });
      expect(groups).toContain(gid);
      expect(await host.lookupUser(userInfo().username)).toEqual({ uid, gid });
      expect(await host.lookupUser("nobody-of-this-name")).toBeUndefined();
      expect(await host.lookupGroup("nobody-of-this-name")).toBeUndefined();
      expect(await host.lookupGroup("root")).toBe(0);
    });

    test("tells what stands at a path", async () => {
      writeFileSync(at(hard), "x");
      chmodSync(at(hard), 0o640);
      symlinkSync(hard, at("link"));
      const { uid, gid } = await host.identity();
      expect(await host.stat(at(hard))).toEqual({ type: "file", mode: 0o640, uid, gid });
      expect(await host.stat(at("link"))).toMatchObject({ type: "link", link: hard });
      expect(await host.stat(folder)).toMatchObject({ type: "directory", mode: 0o700 });
      expect(await host.stat("/dev/null")).toMatchObject({ type: "other" });
      expect(await host.stat(at("absent"))).toBeUndefined();
      expect(await host.stat(join(at(hard), "below a file"))).toBeUndefined();
      expect(await host.realPath(at("link"))).toBe(at(hard));
      expect(await host.realPath(at("absent"))).toBeUndefined();
      expect(await host.list(folder)).toEqual([hard, "link"].sort());
      expect(await host.list(at("absent"))).toEqual([]);
    });

    test("writes new files durably and with their mode, and replaces nothing", async () => {
      const content = Buffer.from(Array.from({ length: 3_000 }, (_, index) => index % 256));
      await host.writeFile(at(hard), content, 0o440, root ? { uid: 1, gid: 2 } : undefined);
      expect(readFileSync(at(hard))).toEqual(content);
      expect(await host.read(at(hard))).toEqual(content);
      expect(await host.stat(at(hard))).toMatchObject({ mode: 0o440, ...(root && { uid: 1, gid: 2 }) });
      await expect(host.writeFile(at(hard), content, 0o440)).rejects.toThrow(/cannot be written: /);
      symlinkSync(at("elsewhere"), at("dangling"));
      await expect(host.writeFile(at("dangling"), content, 0o440)).rejects.toThrow(/cannot be written: /);
      expect(existsSync(at("elsewhere"))).toBe(false);
      await host.syncDirectory(folder);
    });

    test("reads files only, and no large ones", async () => {
      symlinkSync("/etc/hostname", at("link"));
      writeFileSync(at("large"), Buffer.alloc(5 * 1024 * 1024));
      writeFileSync(at("empty"), "");
      expect(await host.read(at("absent"))).toBeUndefined();
      expect(await host.read(at("empty"))).toEqual(Buffer.alloc(0));
      await expect(host.read(at("large"))).rejects.toThrow(/no file of a certificate|cannot be read/);
      await expect(host.read(at("link"))).rejects.toThrow(/no file of a certificate|cannot be read/);
      await expect(host.read(folder)).rejects.toThrow(/no file of a certificate|cannot be read/);
    });

    test("makes directories and links, renames over them, and removes them without following links", async () => {
      expect(await host.makeDirectory(at("one"), 0o750)).toBe(true);
      expect(await host.makeDirectory(at("one"), 0o700)).toBe(false);
      expect(lstatSync(at("one")).mode & 0o777).toBe(0o750);
      expect(await host.makeDirectory(at("two"), 0o700)).toBe(true);
      await host.makeLink(at("current"), "one");
      await expect(host.makeLink(at("current"), "two")).rejects.toThrow(/cannot be created: /);
      await host.makeLink(at("next"), "two");
      await host.rename(at("next"), at("current"));
      expect(await host.stat(at("current"))).toMatchObject({ type: "link", link: "two" });
      expect(readdirSync(at("one"))).toEqual([]);
      writeFileSync(join(at("two"), "kept"), "");
      await host.removeEmptyDirectory(at("two"));
      await host.removeEmptyDirectory(at("one"));
      await host.removeEmptyDirectory(at("absent"));
      expect(readdirSync(folder)).toEqual(["current", "two"]);
      await host.removeFile(at("current"));
      await host.removeFile(at("current"));
      symlinkSync(at("two"), at("link"));
      await host.removeTree(at("link"));
      expect(readdirSync(at("two"))).toEqual(["kept"]);
      await host.removeTree(at("two"));
      await host.removeTree(at("two"));
      expect(readdirSync(folder)).toEqual([]);
    });

    test("says what it may not do", async () => {
      expect(await host.writeObstacle(folder)).toBeUndefined();
      expect(await host.writeObstacle(at("absent"))).toBeDefined();
      expect(await host.runObstacle("/bin/sh")).toBeUndefined();
      writeFileSync(at("data"), "", { mode: 0o644 });
      expect(await host.runObstacle(at("data"))).toMatch(/EACCES/);
      expect(await host.runObstacle(at("absent"))).toMatch(/does not exist/);
      await expect(host.rename(at("absent"), at("other"))).rejects.toMatchObject({
        code: "DeploymentFailed",
        message: expect.stringMatching(/absent.* cannot be renamed: /),
      });
    });

    test("runs commands with their arguments, input and variables, and nothing else", async () => {
      const script = 'cat; printf "%s|" "$@" "$GIVEN" "$PULUMI_CONFIG_PASSPHRASE"; echo oops >&2; exit 255';
      const result = await host.run(["/bin/sh", "-c", script, "sh", hard, ""], {
        input: "in\n",
        environment: { GIVEN: "a 'b' $c" },
      });
      expect(result).toMatchObject({ code: 255, timedOut: false, stdout: `in\n${hard}||a 'b' $c||` });
      expect(result.output).toContain("oops");
      expect((await host.run(["/bin/cat"], { input: "" })).code).toBe(0);
    });

    test("ends a command that takes too long, and what it started", async () => {
      const started = Date.now();
      const mark = `${Date.now()}.5`;
      const result = await host.run(["/bin/sh", "-c", `sleep ${mark} & sleep ${mark}`], { timeout: 1_000 });
      expect(result.timedOut).toBe(true);
      expect(Date.now() - started).toBeLessThan(10_000);
      const { stdout } = await host.run(["/bin/sh", "-c", `ps -eo args | grep "[s]leep ${mark}" || :`]);
      expect(stdout).toBe("");
    });
  });
}

contract("this machine", () => Promise.resolve(localHost));

sshd.describe("over SSH", () => {
  let connection: SshConnection;
  beforeAll(async () => {
    server = await startSshServer(sshd.program);
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  contract("another machine", async () => {
    connection = await SshConnection.open(specOf(), client);
    return new SshHost(connection);
  });

  test("everything went over one connection", () => expect(server.connections()).toBe(1));

  test("a command that leaves a server behind, with its outputs open, is not waited for", async () => {
    const host = new SshHost(connection);
    const started = Date.now();
    const { code, stdout } = await host.run(["/bin/sh", "-c", "sleep 20.25 & echo $!"]);
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(10_000);
    await host.run(["/bin/kill", stdout.trim()]);
  });

  test("nothing of the private key stays on this machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "of-this-test-"));
    const foldersMade = temporaryFoldersIn(folder);
    const other = await SshConnection.open(specOf(), client);
    expect(foldersMade()).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    await other.close();
  });

  test("a host is also known by the CA of its key, and a file or a host between lead to it", async () => {
    const { hostAuthority, identityFile } = server;
    const jump = { kind: "ssh", host: "127.0.0.1", ...pick(server), hostKey: undefined, hostAuthority };
    const behind = await SshConnection.open(specOf({ privateKey: undefined, identityFile, jump }), client);
    expect(await new SshHost(behind).realPath("/")).toBe("/");
    await behind.close();
  });

  const refusals: [string, () => object, RegExp][] = [
    ["another host key", () => ({ hostKey: server.hostAuthority }), /The host shows another key/],
    ["another CA", () => ({ hostKey: undefined, hostAuthority: server.hostKey }), /The host shows another key/],
    ["a user that may not log in", () => ({ user: "nobody-of-this-name" }), /Permission denied.*Check user/],
    [
      "a key that is none",
      () => ({ privateKey: "-----BEGIN PRIVATE KEY-----\nQUFB\n-----END PRIVATE KEY-----" }),
      /privateKey must be|Check user/,
    ],
    ["no server", () => ({ port: 1 }), /refused.*Check that its SSH server runs/],
    ["no such name", () => ({ host: "nowhere.invalid" }), /Check the name/],
  ];
  test.each(refusals)("%s is an error that says what to do", async (_, more, message) => {
    const opened = SshConnection.open(specOf(more()), client);
    await expect(opened).rejects.toMatchObject({ code: "DeploymentFailed", message: expect.stringMatching(message) });
  });

  test("a connection that is lost is an error", async () => {
    const other = await SshConnection.open(specOf(), client);
    const running = new SshHost(other).run(["/bin/sleep", "60"]);
    const lost = expect(running).rejects.toThrow(/The SSH connection to .* was lost/);
    await other.close();
    await lost;
  });
});
