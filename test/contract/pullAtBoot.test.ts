import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { deploy } from "../../sdk/targets/deploy";
import { type CommandResult, startCommand } from "../support/command";
import { repository } from "../support/provide";
import { needs } from "../support/requirements";
import { type SshServer, startSshServer } from "../support/sshServer";
import { FilesBench, filesKind } from "../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { createTestCa, issueTestCertificate } from "../support/testCertificates";

const sshd = needs("sshd");
const example = (name: string): string => join(repository, "examples/pull-at-boot", name);
const script = example("host/pull-certificate.sh");
const files = { "web.pem": "combined" };
const day = 86_400_000;

sshd.describe("pull-certificate and serve-confirmed", () => {
  const store = new FilesBench();
  let server: SshServer;
  let folder: string;
  let directory: string;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    [old, fresh] = [await testMaterial(), await testMaterial()];
    const serve = `${example("store/serve-confirmed.sh")} ${store.directory} web.pem`;
    server = await startSshServer(sshd.program, { keyOptions: `restrict,command="${serve}"` });
  });
  beforeEach(() => {
    rmSync(store.directory, { recursive: true, force: true });
    folder = mkdtempSync(join(tmpdir(), "pull-"));
    directory = join(folder, "tls");
    writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${server.port} ${server.hostKey}\n`);
    writeFileSync(join(folder, "roots.pem"), old.trustBundlePem ?? "");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(async () => {
    await server.stop();
    store.remove();
  });

  const confirm = (material: TestMaterial): Promise<unknown> => store.bring(material, store.args({ files }));
  const told = (): string[] => readFileSync(join(folder, "told"), "utf8").trim().split("\n");
  const pemIn = (name: string): string => readFileSync(join(directory, "current", name), "utf8");
  const revisions = (): string[] => readdirSync(directory).filter((name) => !/^(\.lock|current|applied)$/.test(name));

  /** Runs it as its unit does; the server writes down what it was told. */
  function pull(changes: Record<string, string> = {}): Promise<CommandResult> {
    const env = {
      PATH: process.env.PATH,
      STORE: `${server.user}@127.0.0.1`,
      STORE_PORT: String(server.port),
      IDENTITY: server.identityFile,
      KNOWN_HOSTS: join(folder, "known_hosts"),
      ROOTS: join(folder, "roots.pem"),
      DIRECTORY: directory,
      NAME: "web.example.com",
      RELOAD: `echo reload >>${folder}/told`,
      START: `echo start >>${folder}/told`,
      ...changes,
    };
    return startCommand("sh", [script], { cwd: folder, env, timeoutMs: 60_000 }).done;
  }

  async function expectPulled(material: TestMaterial, changes: Record<string, string> = {}): Promise<void> {
    const { code, all } = await pull(changes);
    expect([code, all]).toEqual([0, expect.stringContaining(material.fingerprintSha256.toUpperCase())]);
    expect(pemIn("fullchain.pem")).toBe(material.fullChainPem);
    expect(pemIn("privkey.pem")).toBe(material.privateKeyPem);
  }

  test("puts the certificate in place, its key for its owner alone, and tells the server once", async () => {
    await confirm(old);
    await expectPulled(old);
    for (const name of ["privkey.pem", "web.pem", "fullchain.pem"])
      expect(statSync(join(directory, "current", name)).mode & 0o777).toBe(0o600);
    expect(told()).toEqual(["reload"]);
    expect(await pull()).toMatchObject({ code: 0, all: "" });
    expect(told()).toEqual(["reload", "start"]);
    expect(revisions()).toEqual([readlinkSync(join(directory, "current"))]);
  });

  test("gets nothing before the first revision is confirmed, and never one that is being verified or was refused", async () => {
    const spec = filesKind.parse(store.args({ files }), "target");
    const during: CommandResult[] = [];
    const failing = (material: TestMaterial): Promise<unknown> =>
      deploy({
        ...{ kind: filesKind, spec, wanted: { material }, context: store.context() },
        verify: async () => {
          during.push(await pull());
          throw new Error("it is not served");
        },
      });
    expect((await pull()).all).toContain("was not deployed by a CertificateDeployment");
    await expect(failing(old)).rejects.toThrow("it is not served");
    expect(during.pop()).toMatchObject({ code: 1, all: expect.stringContaining("nothing was confirmed yet") });
    await confirm(old);
    await expectPulled(old);
    await expect(failing(fresh)).rejects.toThrow("it is not served");
    expect(during.pop()).toMatchObject({ code: 0, all: "" });
    expect(pemIn("fullchain.pem")).toBe(old.fullChainPem);
    expect(await pull()).toMatchObject({ code: 0, all: "" });
    await confirm(fresh);
    await expectPulled(fresh);
  });

  test("the key does nothing else, whatever its holder asks for", async () => {
    await confirm(old);
    const ssh = (...words: string[]): Promise<CommandResult> => {
      const fixed = ["-F", "none", "-i", server.identityFile, "-p", String(server.port), "-o", "BatchMode=yes"];
      const known = ["-o", `UserKnownHostsFile=${folder}/known_hosts`, "-o", "LogLevel=ERROR"];
      const options = { cwd: folder, env: process.env, timeoutMs: 30_000 };
      return startCommand("ssh", [...fixed, ...known, ...words], options).done;
    };
    const host = `${server.user}@127.0.0.1`;
    expect((await ssh(host, "cat /etc/passwd; web.pem")).stdout).toContain(old.certificatePem);
    expect((await ssh(host, "touch", join(folder, "touched"))).code).toBe(0);
    expect(existsSync(join(folder, "touched"))).toBe(false);
    const forwarded = await ssh("-W", `127.0.0.1:${server.port}`, host);
    expect(forwarded.code).not.toBe(0);
    expect(forwarded.stdout).toBe("");
  });

  const another = async (changes: object = {}): Promise<string> => {
    const { privateKeyPem, fullChainPem } = await issueTestCertificate(await createTestCa("Another Root"), changes);
    return `${privateKeyPem}${fullChainPem}`;
  };
  test.each<[string, () => Promise<string> | string, RegExp]>([
    ["nothing", () => "", /sent no private key/],
    ["a certificate alone", () => fresh.fullChainPem, /sent no private key/],
    ["a key alone", () => fresh.privateKeyPem, /sent no certificate/],
    ["the key of another", () => `${old.privateKeyPem}${fresh.fullChainPem}`, /is not the one of the certificate/],
    ["half of it", () => `${fresh.privateKeyPem}${fresh.certificatePem.slice(0, 300)}`, /sent no certificate/],
    ["one below other roots", () => another(), /cannot be used for web\.example\.com: error 20 /],
    ["one that has expired", () => below({ notBefore: ago(9), notAfter: ago(1) }), /certificate has expired/],
    ["one that is not valid yet", () => below({ notBefore: ago(-1), notAfter: ago(-9) }), /not yet valid/],
    ["one for another name", () => below({ commonName: "www.example.com" }), /hostname mismatch/],
    ["one for clients", () => below({ extendedKeyUsages: ["1.3.6.1.5.5.7.3.2"] }), /purpose/],
  ])("refuses %s, and the server goes on with what it has", async (_, content, reason) => {
    await confirm(old);
    await expectPulled(old);
    writeFileSync(join(store.home(), readlinkSync(join(store.home(), "confirmed")), "web.pem"), await content());
    const { code, all } = await pull();
    expect([code, all]).toEqual([1, expect.stringMatching(reason)]);
    expect(all).not.toContain("PRIVATE KEY");
    expect(pemIn("web.pem")).toContain(old.fullChainPem);
    expect(told()).toEqual(["reload", "start"]);
    expect(revisions()).toHaveLength(1);
  });

  const ago = (days: number): Date => new Date(Date.now() - days * day);
  /** Below a root that the host knows. */
  async function below(options: object): Promise<string> {
    const root = await createTestCa("Further Root");
    const roots = join(folder, "roots.pem");
    writeFileSync(roots, `${readFileSync(roots, "utf8")}${root.certificatePem}`);
    const { privateKeyPem, fullChainPem } = await issueTestCertificate(root, options);
    return `${privateKeyPem}${fullChainPem}`;
  }

  test.each<[string, Record<string, string>]>([
    ["check", { CHECK: "echo configuration is wrong >&2; exit 1" }],
    ["reload", { RELOAD: "echo configuration is wrong >&2; exit 1" }],
  ])("goes back if the server's %s refuses it", async (_, refusing) => {
    await confirm(old);
    const { code, all } = await pull(refusing);
    expect([code, all]).toEqual([1, expect.stringMatching(/configuration is wrong[^]*is removed again/)]);
    expect(existsSync(join(directory, "current"))).toBe(false);
    expect(revisions()).toEqual([]);
    await expectPulled(old);
    await confirm(fresh);
    expect((await pull(refusing)).code).toBe(1);
    expect(pemIn("fullchain.pem")).toBe(old.fullChainPem);
    expect(revisions()).toHaveLength(1);
    await expectPulled(fresh);
  });

  test("killed between the switch and the reload, the next run reloads", async () => {
    await confirm(old);
    await expectPulled(old);
    await confirm(fresh);
    expect(await pull({ RELOAD: "kill -9 $PPID" })).toMatchObject({ code: null });
    expect(pemIn("fullchain.pem")).toBe(fresh.fullChainPem);
    await expectPulled(fresh);
    expect(told()).toEqual(["reload", "reload"]);
    expect(revisions()).toHaveLength(2);
  });

  test("two runs at once tell the server once", async () => {
    await confirm(old);
    const both = await Promise.all([pull(), pull()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(told().sort()).toEqual(["reload", "start"]);
  });

  test("a server that it starts does not keep the lock", async () => {
    await confirm(old);
    const started = "sleep 60 >/dev/null 2>&1 &";
    await expectPulled(old, { RELOAD: `${started} echo $! >${folder}/pid` });
    expect((await pull()).code).toBe(0);
    process.kill(Number(readFileSync(join(folder, "pid"), "utf8")));
  });

  test("keeps the present and the previous one, whatever a host goes through", async () => {
    for (const material of [old, fresh, old, fresh]) {
      await confirm(material);
      await expectPulled(material);
    }
    expect(revisions()).toHaveLength(2);
  });

  test("a store that is another machine is not believed, and the server is started all the same", async () => {
    await confirm(old);
    await expectPulled(old);
    await confirm(fresh);
    writeFileSync(join(folder, "known_hosts"), `[127.0.0.1]:${server.port} ${server.hostAuthority}\n`);
    const { code, all } = await pull();
    expect([code, all]).toEqual([1, expect.stringMatching(/Host key verification failed[^]*nothing could be fetched/)]);
    expect(pemIn("fullchain.pem")).toBe(old.fullChainPem);
    expect(told()).toEqual(["reload", "start"]);
  });
});

const shellcheck = needs("shellcheck");

shellcheck.test("the scripts are POSIX shell, without what shellcheck warns of", async () => {
  const scripts = [script, example("store/serve-confirmed.sh")];
  const options = { cwd: repository, env: process.env, timeoutMs: 60_000 };
  const { code, all } = await startCommand(shellcheck.program, ["--shell=sh", ...scripts], options).done;
  expect([code, all]).toEqual([0, ""]);
});

test("the unit, its timer and the cloud-init file name the same paths and the script's settings", () => {
  const [service, timer, text] = ["pull-certificate.service", "pull-certificate.timer", "pull-certificate.sh"].map(
    (name) => readFileSync(example(`host/${name}`), "utf8"),
  ) as [string, string, string];
  const { write_files: written, runcmd } = parse(readFileSync(example("host/cloud-init.yaml"), "utf8")) as {
    write_files: { path: string; content: string }[];
    runcmd: string[][];
  };
  const environment = written.find(({ path }) => service.includes(`EnvironmentFile=${path}\n`));
  const settings = [...(environment?.content ?? "").matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  const needed = [.../^: (.*)$/m.exec(text)![1]!.matchAll(/\$\{(\w+):\?\}/g)].map(([, name]) => name);
  expect(settings).toEqual(expect.arrayContaining(needed));
  for (const name of settings) expect(text).toMatch(new RegExp(`^#   ${name} `, "m"));
  const files = [...(environment?.content ?? "").matchAll(/=(\/etc\/pull-certificate\/\S+)$/gm)].map(
    ([, path]) => path,
  );
  const made = [...written.map(({ path }) => path), /> (\S+)/.exec(runcmd.flat().join(" "))?.[1]];
  expect(made).toEqual(expect.arrayContaining(files));
  expect(service).toContain("WantedBy=multi-user.target");
  expect(timer).toContain("WantedBy=timers.target");
  expect(runcmd.at(-1)).toEqual(expect.arrayContaining(["pull-certificate.service", "pull-certificate.timer"]));
});
