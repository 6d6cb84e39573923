import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
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
import { envoyFixture, type EnvoyOptions, type EnvoyTestTarget } from "../support/targets/envoy";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { opensslMaterial } from "../support/targets/opensslMaterial";
import { createTestCa, issueTestCertificate } from "../support/testCertificates";

needs("envoy").describe("a running Envoy", () => {
  const { kind } = envoyFixture;
  let target: EnvoyTestTarget;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  afterEach(() => target.remove());

  const create = async (options?: EnvoyOptions): Promise<void> => void (target = await envoyFixture.create(options));
  const bring = (material: Material, args = target.args, host: Host = localHost): Promise<Deployed> =>
    deploy({
      kind,
      spec: kind.parse(args, "target"),
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

  test("takes a new certificate under load without a failed handshake, in the same process", async () => {
    await create();
    await bring(old);
    const [pid, updates] = [target.pid(), target.count("ssl_context_update_by_sds")];
    const caPath = join(target.directory, "..", "roots.pem");
    writeFileSync(caPath, fresh.trustBundlePem as string);
    const load = await startLoadClient({ port: target.port, caPath, serverName: "web.example.com" });
    for (const material of [fresh, old, fresh]) {
      await bring(material);
      expect(await target.served()).toBe(material.fingerprintSha256);
    }
    const { errors, handshakes, fingerprints } = await load.summary();
    expect(errors).toEqual([]);
    expect(handshakes).toBeGreaterThan(0);
    expect(fingerprints.at(-1)).toBe(fresh.fingerprintSha256);
    expect(target.pid()).toBe(pid);
    expect(target.count("ssl_context_update_by_sds")).toBe(updates + 3);
    expect(target.count("key_rotation_failed")).toBe(0);
  });

  needs("sshd").test("takes it over SSH, and is asked there", async () => {
    await create({ adminPort: true });
    const ssh = await startSshServer(needs("sshd").program);
    try {
      const { user, port, hostKey, privateKey } = ssh;
      const spec = parseSsh({ kind: "ssh", host: "127.0.0.1", user, port, hostKey, privateKey }, "hosts[0]");
      const connection = await SshConnection.open(spec, findProgram("ssh") ?? "ssh");
      const host = new SshHost(connection);
      await bring(old, target.args, host);
      await bring(fresh, target.args, host);
      await connection.close();
      expect([target.stored(), await target.served()]).toEqual([fresh.fingerprintSha256, fresh.fingerprintSha256]);
    } finally {
      await ssh.stop();
    }
  });

  test("refuses a certificate: the old one is served and stored, and the next one is taken", async () => {
    await create();
    await bring(old);
    const error = await failureOf(bring(opensslMaterial("rsa:1024")));
    expect(error).toMatchObject({ code: "TargetRefused", retryable: true });
    expect(error.message).toMatch(/refused what was deployed for "web" \(key_rotation_failed rose from \d+ to \d+\)/);
    expect(error.message).toContain(`${old.fingerprintSha256}, deployed before, is back in its place`);
    expect(target.log()).toContain("only RSA certificates with 2048-bit or larger keys are supported");
    expect([target.stored(), await target.served()]).toEqual([old.fingerprintSha256, old.fingerprintSha256]);
    expect(await bring(old)).toMatchObject({ changed: false });
    await bring(fresh);
    expect(await target.served()).toBe(fresh.fingerprintSha256);
  });

  needs("root").test("may not read the key: the old certificate is served, and the error has the reason", async () => {
    await create({ unprivileged: true });
    await bring(old);
    const error = await failureOf(bring(fresh, { ...target.args, owner: "nobody" }));
    expect(error).toMatchObject({ code: "TargetRefused" });
    expect(error.message).toContain("May its user read the key?");
    expect(await target.served()).toBe(old.fingerprintSha256);
    await bring(fresh, { ...target.args, owner: "root" });
    expect(await target.served()).toBe(fresh.fingerprintSha256);
  });

  test("takes the kinds of key that the preview lets through, and no others", async () => {
    await create();
    await bring(old);
    const spec = kind.parse(target.args, "target");
    const keys = ["rsa:2048", "rsa:2040", "ec:P-256", "ec:P-384", "ec:P-521", "ec:secp256k1", "ed25519", "ed448"];
    const outcome = (accepted: boolean): string => (accepted ? "taken" : "refused");
    const seen: Record<string, string[]> = {};
    for (const key of keys) {
      const material = opensslMaterial(key);
      let letThrough = true;
      try {
        kind.accept(spec, material);
      } catch (error) {
        if (!CertificatesError.is(error)) throw error;
        letThrough = false;
      }
      const byEnvoy = await bring(material).then(
        async () => (await target.served()) === material.fingerprintSha256,
        () => false,
      );
      seen[key] = [outcome(letThrough), outcome(byEnvoy)];
    }
    expect(seen).toEqual({
      "rsa:2048": ["taken", "taken"],
      "rsa:2040": ["refused", "refused"],
      "ec:P-256": ["taken", "taken"],
      "ec:P-384": ["taken", "taken"],
      "ec:P-521": ["taken", "taken"],
      "ec:secp256k1": ["refused", "refused"],
      ed25519: ["taken", "taken"],
      ed448: ["refused", "refused"],
    });
  });

  test("verifies its clients by the roots of the certificate, which change with it", async () => {
    await create({ trustBundleName: "roots" });
    const other = await createTestCa("Other");
    const issued = await issueTestCertificate(other);
    const otherMaterial: Material = { ...issued, trustBundlePem: issued.rootPem, dnsNames: ["web.example.com"] };
    const mayConnect = ({ fullChainPem, privateKeyPem }: Material): Promise<boolean> =>
      answersTo(target.port, fullChainPem, privateKeyPem as string);
    await bring(old);
    expect([await mayConnect(fresh), await mayConnect(otherMaterial)]).toEqual([true, false]);
    await bring(otherMaterial);
    expect([await mayConnect(fresh), await mayConnect(otherMaterial)]).toEqual([false, true]);
  });

  test("without the admin interface takes it all the same", async () => {
    await create();
    await bring(old);
    const { admin: _, reload: __, ...unasked } = target.args;
    const reloads = target.reloads();
    await bring(fresh, unasked);
    while ((await target.served()) !== fresh.fingerprintSha256);
    expect(target.reloads()).toBe(reloads);
  });

  test("is down: a rotation changes nothing, a first deployment leaves its files and says what to do", async () => {
    await create();
    const { reload: _, ...args } = target.args;
    const first = await failureOf(bring(old, args));
    expect(first.message).toContain("Does Envoy run, with this address under `admin`");
    expect(target.stored()).toBe(old.fingerprintSha256);
    const rotation = await failureOf(bring(fresh, args));
    expect(rotation).toMatchObject({ code: "DeploymentFailed", switched: false });
    expect(target.stored()).toBe(old.fingerprintSha256);
    expect(await bring(fresh)).toMatchObject({ changed: true });
    expect(await target.served()).toBe(fresh.fingerprintSha256);
  });

  test("does not have the secret: the error has the fix, and roots that it could not have yet are no error", async () => {
    await create();
    await bring(old);
    const { reload: _, ...args } = target.args;
    const context = { host: localHost, instance: { id: "edge-00000002", resource: "project/stack/edge" } };
    const spec = kind.parse({ ...args, secretName: "api" }, "target");
    const error = await failureOf(deploy({ kind, spec, wanted: { material: fresh }, context }));
    expect(error.message).toMatch(/has no secret "api"\. Name it in `tls_certificate_sds_secret_configs`/);
    expect(readFileSync(join(target.directory, "api.json"), "utf8")).toContain(`${target.directory}/api.pem`);
    await bring(fresh, { ...args, trustBundleName: "roots" });
    expect(readFileSync(join(target.directory, "roots.pem"), "utf8")).toBe(fresh.trustBundlePem);
    expect((await failureOf(bring(old, { ...args, trustBundleName: "roots" }))).message).toContain(
      'has no secret "roots"',
    );
    expect(await target.served()).toBe(fresh.fingerprintSha256);
  });
});

/** Whether a request over TLS with this client certificate is answered. */
function answersTo(port: number, cert: string, key: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, servername: "web.example.com", cert, key, rejectUnauthorized: false };
    const socket = connect(options, () => socket.write("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"));
    let answer = "";
    socket.on("data", (data) => (answer += data.toString()));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(answer.startsWith("HTTP/1.1 200")));
  });
}
