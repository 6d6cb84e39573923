import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import type { Host } from "../../sdk/targets/hosts/host";
import { localHost } from "../../sdk/targets/hosts/local";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { SshHost } from "../../sdk/targets/hosts/sshHost";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import type { Material } from "../../sdk/targets/target";
import { startLoadClient } from "../support/loadClient";
import { findProgram } from "../support/program";
import { needs } from "../support/requirements";
import { startSshServer } from "../support/sshServer";
import { haproxyFixture, type HaproxyTestTarget } from "../support/targets/haproxy";
import { type TestMaterial, testMaterial } from "../support/targets/material";

needs("haproxy").describe("a running HAProxy", () => {
  const { kind } = haproxyFixture;
  let target: HaproxyTestTarget;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(async () => (target = await haproxyFixture.create()));
  afterEach(() => target.remove());

  const bring = (material: Material, host: Host = localHost): Promise<Deployed> =>
    deploy({
      kind,
      spec: kind.parse(target.args, "target"),
      wanted: { material },
      context: { host, instance: { id: "edge-00000001", resource: "project/stack/edge" } },
    });
  const failureOf = async (work: Promise<unknown>): Promise<CertificatesError> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (CertificatesError.is(error)) return error;
    throw new Error("It did not fail.", { cause: error });
  };
  const base = (): string => dirname(dirname(target.args.certificatePath as string));

  test("takes a new certificate under load without a failed handshake, in the same process", async () => {
    await bring(old);
    const caPath = join(base(), "roots.pem");
    writeFileSync(caPath, fresh.trustBundlePem as string);
    const load = await startLoadClient({ port: target.port, caPath, serverName: "web.example.com" });
    for (const material of [fresh, old, fresh]) await bring(material);
    const { errors, handshakes, fingerprints } = await load.summary();
    expect(errors).toEqual([]);
    expect(handshakes).toBeGreaterThan(0);
    expect(fingerprints.at(-1)).toBe(fresh.fingerprintSha256);
    expect(await target.served()).toBe(fresh.fingerprintSha256);
    expect(target.ask("show info")).toContain(`Pid: ${String(target.pid)}`);
  });

  needs("sshd").test("takes it over SSH", async () => {
    const ssh = await startSshServer(needs("sshd").program);
    try {
      const { user, port, hostKey, privateKey } = ssh;
      const spec = parseSsh({ kind: "ssh", host: "127.0.0.1", user, port, hostKey, privateKey }, "hosts[0]");
      const connection = await SshConnection.open(spec, findProgram("ssh") ?? "ssh");
      const host = new SshHost(connection);
      await bring(old, host);
      await bring(fresh, host);
      await connection.close();
      expect([target.stored(), await target.served()]).toEqual([fresh.fingerprintSha256, fresh.fingerprintSha256]);
    } finally {
      await ssh.stop();
    }
  });

  test("refuses at its commit what it cannot use: the old certificate is served and stored", async () => {
    await bring(old);
    const weak = weakMaterial(base());
    const error = await failureOf(bring(weak));
    expect(error).toMatchObject({ code: "TargetRefused" });
    expect(error.message).toContain("unable to load SSL certificate into SSL Context");
    expect(error.message).toContain(`${old.fingerprintSha256}, deployed before, is back in its place`);
    expect(error.message).not.toContain("PRIVATE KEY");
    expect([target.stored(), await target.served()]).toEqual([old.fingerprintSha256, old.fingerprintSha256]);
    expect(target.ask("show ssl cert")).not.toContain("# transaction");
    await bring(fresh);
    expect(await target.served()).toBe(fresh.fingerprintSha256);
  });

  test("another program's transaction about another certificate is neither joined nor ended", async () => {
    await bring(old);
    const other = join(base(), "other.pem");
    target.ask(`set ssl cert ${other} <<\n${readFileSync(other, "utf8").trim()}\n`);
    const deployed = bring(fresh);
    expect(target.ask("show ssl cert")).toContain(`*${other}`);
    expect(target.ask(`commit ssl cert ${other}`)).toContain("Success!");
    await deployed;
    expect(await target.served()).toBe(fresh.fingerprintSha256);
    expect(target.ask(`show ssl cert ${other}`)).toContain("other.example.com");
  });

  test("is down: a rotation changes nothing, a first deployment leaves its file and says what to do", async () => {
    await target.stopServer();
    const first = await failureOf(bring(old));
    expect(first.message).toContain("Does HAProxy run, with `stats socket");
    expect(target.stored()).toBe(old.fingerprintSha256);
    const rotation = await failureOf(bring(fresh));
    expect(rotation).toMatchObject({ code: "DeploymentFailed", switched: false });
    expect(target.stored()).toBe(old.fingerprintSha256);
  });

  test("without a certificate of this path fails with the fix, and its file is left", async () => {
    const { socket, socat } = target.args;
    const args = { kind: "haproxy", socket, socat, certificatePath: join(base(), "tls", "new.pem") };
    const context = { host: localHost, instance: { id: "edge-00000002", resource: "project/stack/edge" } };
    const spec = kind.parse(args, "target");
    const error = await failureOf(deploy({ kind, spec, wanted: { material: old }, context }));
    expect(error.message).toMatch(/does not have the certificate .*new\.pem\. Name the file in a `bind` line/);
    expect(readFileSync(args.certificatePath, "utf8")).toContain("PRIVATE KEY");
  });
});

/** What HAProxy reads and OpenSSL does not serve: an RSA key of 1024 bits. */
function weakMaterial(folder: string): Material {
  const [key, certificate] = [join(folder, "weak.key"), join(folder, "weak.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=web", "-days", "2"];
  execFileSync("openssl", [...request, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  const print = execFileSync("openssl", ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]).toString();
  const certificatePem = readFileSync(certificate, "utf8");
  return {
    certificatePem,
    chainPem: "",
    fullChainPem: certificatePem,
    privateKeyPem: readFileSync(key, "utf8"),
    fingerprintSha256: (print.split("=")[1] ?? "").trim().replaceAll(":", "").toLowerCase(),
    dnsNames: [],
  };
}
