import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { readKeystore } from "../../../sdk/keystores/registry";
import { pairIn } from "../../support/targets/files";
import { FilesBench, pair } from "../../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../../support/targets/material";
import { needs } from "../../support/requirements";

const pkcs12 = (password: string): object => ({ kind: "pkcs12", encryption: "modern", alias: "web", password });

describe("files on disk", () => {
  let bench: FilesBench;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(() => (bench = new FilesBench()));
  afterEach(() => bench.remove());

  test("writes every content as servers read it", async () => {
    const files = {
      cert: "certificate",
      chain: "chain",
      full: "fullChain",
      roots: "trustBundle",
      key: "privateKey",
      all: "combined",
      p12: pkcs12("hunter2"),
    };
    await bench.bring(old, bench.args({ files }));
    expect(bench.read("cert")).toBe(old.certificatePem);
    expect(bench.read("chain").trim()).toBe(old.chainPem.trim());
    expect(bench.read("full").match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(bench.read("full").startsWith(old.certificatePem)).toBe(true);
    expect(bench.read("roots").trim()).toBe(old.trustBundlePem?.trim());
    expect(createPrivateKey(bench.read("key")).equals(createPrivateKey(old.privateKeyPem))).toBe(true);
    expect(bench.read("all").match(/BEGIN [A-Z ]+/g)).toEqual([
      "BEGIN PRIVATE KEY",
      "BEGIN CERTIFICATE",
      "BEGIN CERTIFICATE",
    ]);
    const keystore = await readKeystore("pkcs12", readFileSync(join(bench.directory, "p12")), "hunter2");
    expect(keystore).toMatchObject({ alias: "web", keyMatches: true });
    expect(keystore.fingerprintsSha256[0]).toBe(old.fingerprintSha256);
  });

  test("lets the files' own owner and mode decide who reads them", async () => {
    await bench.bring(old, bench.args({ keyMode: "0640", mode: "0444" }));
    expect([bench.modeOf("fullchain.pem"), bench.modeOf("privkey.pem")]).toEqual(["444", "640"]);
    for (const path of [
      bench.directory,
      join(bench.directory, ".pulumi-certificates"),
      bench.home(),
      join(bench.home(), readlinkSync(join(bench.home(), "current"))),
    ]) {
      expect((statSync(path).mode & 0o001).toString()).toBe("1");
    }
    expect((statSync(join(bench.directory, ".pulumi-certificates")).mode & 0o777).toString(8)).toBe("711");
  });

  needs("root").test("gives the files to their owner, who can read the key, and nobody else (as root)", async () => {
    await bench.bring(old, bench.args({ owner: "daemon:nogroup" }));
    chmodSync(bench.base, 0o755);
    const { uid, gid } = statSync(join(bench.directory, "privkey.pem"));
    expect(execFileSync("id", ["-u", "daemon"]).toString().trim()).toBe(String(uid));
    expect(execFileSync("getent", ["group", "nogroup"]).toString().split(":")[2]).toBe(String(gid));
    const readAs = (user: number): string =>
      execFileSync("cat", [join(bench.directory, "privkey.pem")], {
        uid: user,
        stdio: ["ignore", "pipe", "ignore"],
      }).toString();
    expect(readAs(uid)).toContain("PRIVATE KEY");
    expect(() => readAs(65_534)).toThrow();
  });

  test("writes whose the files are beside them", async () => {
    await bench.bring(old);
    const owner = JSON.parse(readFileSync(join(bench.home(), "owner.json"), "utf8")) as unknown;
    expect(owner).toEqual({
      managedBy: "pulumi-certificates",
      resource: "project/stack/web",
      owner: { team: "payments" },
      fingerprintSha256: old.fingerprintSha256,
    });
  });

  test("a first deployment that was killed while it wrote whose the files are goes on", async () => {
    mkdirSync(bench.home(), { recursive: true, mode: 0o711 });
    writeFileSync(join(bench.home(), "owner.json"), '{\n  "managedBy": "pulumi-');
    await bench.bring(old);
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
    expect(JSON.parse(readFileSync(join(bench.home(), "owner.json"), "utf8"))).toMatchObject({
      managedBy: "pulumi-certificates",
      resource: "project/stack/web",
    });
  });

  test("writes other metadata without touching the files", async () => {
    await bench.bring(old);
    const context = bench.context();
    const renamed = {
      ...context,
      instance: { ...context.instance, resource: "project/stack/renamed", owner: { team: "search" } },
    };
    expect(await bench.bring(old, bench.args(), renamed)).toMatchObject({ changed: false });
    const owner = JSON.parse(readFileSync(join(bench.home(), "owner.json"), "utf8")) as unknown;
    expect(owner).toMatchObject({
      resource: "project/stack/renamed",
      owner: { team: "search" },
    });
    expect(readdirSync(bench.home()).sort()).toEqual(["1", "confirmed", "current", "owner.json"]);
  });

  test("keeps two revisions and nothing else", async () => {
    for (let i = 0; i < 4; i++) await bench.bring(i % 2 === 0 ? old : fresh);
    expect(readdirSync(bench.home()).sort()).toEqual(["3", "4", "confirmed", "current", "owner.json", "previous"]);
    expect(readdirSync(bench.directory).sort()).toEqual([".pulumi-certificates", "fullchain.pem", "privkey.pem"]);
  });

  test("a keystore is written again only when something in it changed, the password included", async () => {
    const given = (password: string) => bench.args({ files: { "web.p12": pkcs12(password) } });
    const inode = (): number => statSync(join(bench.directory, "web.p12")).ino;
    await bench.bring(old, given("first password"));
    const first = inode();
    expect(await bench.bring(old, given("first password"))).toMatchObject({ changed: false });
    expect(inode()).toBe(first);
    expect(await bench.bring(old, given("other password"))).toMatchObject({ changed: true });
    expect(
      (await readKeystore("pkcs12", readFileSync(join(bench.directory, "web.p12")), "other password")).keyMatches,
    ).toBe(true);
  });

  test("keeps nothing on disk that tells a password or a key, but the files themselves", async () => {
    await bench.bring(old, bench.args({ files: { ...pair, "web.p12": pkcs12("correct horse battery") } }));
    const found = execFileSync("grep", ["-rlE", "correct horse battery|PRIVATE KEY", bench.directory])
      .toString()
      .trim()
      .split("\n");
    expect(found).toEqual([join(bench.home(), "1", "privkey.pem")]);
    const manifest = readFileSync(join(bench.home(), "1", ".revision.json"), "utf8");
    const { files } = JSON.parse(manifest) as { files: Record<string, { source: string }> };
    expect(Object.values(files).map((file) => Buffer.from(file.source, "base64").length)).toEqual([32, 32, 32]);
    await bench.bring(
      old,
      bench.args({ files: { ...pair, "web.p12": pkcs12("correct horse battery") }, directory: join(bench.base, "b") }),
      bench.context("web-00000002"),
    );
    expect(
      readFileSync(join(bench.base, "b", ".pulumi-certificates", "web-00000002", "1", ".revision.json"), "utf8"),
    ).not.toContain(files["web.p12"]?.source);
  });

  test("links that a program watches are renamed at each switch", async () => {
    await bench.bring(old);
    const renamed = new Promise<string | null>((resolve) => {
      const watcher = watch(bench.directory, (_event, name) => {
        watcher.close();
        resolve(name);
      });
    });
    await bench.bring(fresh);
    expect(["fullchain.pem", "privkey.pem"]).toContain(await renamed);
  });

  test("several deployments share a directory", async () => {
    await bench.bring(old);
    const api = bench.args({ files: { "api.pem": "combined" }, onDelete: "remove" });
    const other = bench.context("api-00000002", "project/stack/api");
    await bench.bring(fresh, api, other);
    await bench.withdraw(api, other);
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
    expect(existsSync(join(bench.directory, "api.pem"))).toBe(false);
    expect(await bench.differences()).toEqual([]);
  });

  test("several deployments may begin in a new directory at once", async () => {
    const nested = { directory: join(bench.base, "a", "b"), onDelete: "remove" };
    const all = Array.from({ length: 8 }, (_, i) => ({
      args: bench.args({ ...nested, files: { [`${i}.pem`]: "combined" } }),
      context: bench.context(`web-${i}`, `project/stack/web-${i}`),
    }));
    await Promise.all(all.map(({ args, context }) => bench.bring(old, args, context)));
    expect(readdirSync(nested.directory)).toHaveLength(9);
    for (const { args, context } of all) await bench.withdraw(args, context);
    expect(readdirSync(bench.base)).toEqual([]);
  });

  test("the last deployment that is removed takes the directories that were made for all of them", async () => {
    const nested = { directory: join(bench.base, "a", "b"), onDelete: "remove" };
    const web = bench.args(nested);
    const api = bench.args({ ...nested, files: { "api.pem": "combined" } });
    const other = bench.context("api-00000002", "project/stack/api");
    await bench.bring(old, web);
    await bench.bring(old, api, other);
    await bench.withdraw(web);
    expect(readdirSync(nested.directory).sort()).toEqual([".pulumi-certificates", "api.pem"]);
    await bench.withdraw(api, other);
    expect(readdirSync(bench.base)).toEqual([]);
  });

  test("adds and drops names with the files that are described", async () => {
    await bench.bring(old);
    await bench.bring(old, bench.args({ files: { "fullchain.pem": "fullChain", "all.pem": "combined" } }));
    expect(readdirSync(bench.directory).sort()).toEqual([".pulumi-certificates", "all.pem", "fullchain.pem"]);
  });

  test("going back after a failure also takes back added and dropped names", async () => {
    await bench.bring(old);
    const other = bench.args({ files: { "fullchain.pem": "fullChain", "all.pem": "combined" }, check: ["/bin/false"] });
    await expect(bench.bring(fresh, other)).rejects.toThrow("`/bin/false` ended with exit code 1.");
    expect(readdirSync(bench.directory).sort()).toEqual([".pulumi-certificates", "fullchain.pem", "privkey.pem"]);
    expect(pairIn(bench.directory)).toBe(old.fingerprintSha256);
  });

  test("checkStaged sees the new files before they are in use, check after", async () => {
    await bench.bring(old);
    const log = join(bench.base, "log");
    const note = (what: string) => [
      "/bin/sh",
      "-c",
      `openssl x509 -noout -fingerprint -sha256 -in "${what}/fullchain.pem" >> '${log}'`,
    ];
    await bench.bring(
      fresh,
      bench.args({
        checkStaged: note("$CERTIFICATE_DIRECTORY"),
        check: note(bench.directory),
        reload: ["/bin/sh", "-c", `echo $CERTIFICATE_FINGERPRINT >> '${log}'`],
      }),
    );
    const shown = `sha256 Fingerprint=${fresh.fingerprintSha256.toUpperCase().replace(/..(?=.)/g, "$&:")}`;
    expect(readFileSync(log, "utf8").split("\n")).toEqual([shown, shown, fresh.fingerprintSha256, ""]);
    await expect(
      bench.bring(
        old,
        bench.args({
          checkStaged: [
            "/bin/sh",
            "-c",
            `openssl x509 -noout -fingerprint -sha256 -in '${bench.directory}/fullchain.pem' >> '${log}'; false`,
          ],
        }),
      ),
    ).rejects.toThrow("Nothing that is in use was changed.");
    expect(readFileSync(log, "utf8").trim().split("\n").at(-1)).toBe(shown);
  });

  test("needs the key only for files that hold it, and says so without one", async () => {
    const { privateKeyPem: _, ...withoutKey } = old;
    await expect(bench.bring(withoutKey)).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining(
        'target.files["privkey.pem"]: the certificate has no private key here',
      ) as string,
    });
    expect(existsSync(bench.directory)).toBe(false);
    await bench.bring(withoutKey, bench.args({ files: { "fullchain.pem": "fullChain" } }));
    expect(bench.read("fullchain.pem").trim()).toBe(old.fullChainPem.trim());
  });

  test("needs a keystore's password, and says so without one", async () => {
    const keystore = { kind: "pkcs12", encryption: "modern", alias: "web" };
    await expect(bench.bring(old, bench.args({ files: { "web.p12": keystore } }))).rejects.toMatchObject({
      code: "CredentialsMissing",
    });
  });
});
