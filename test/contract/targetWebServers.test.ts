import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificatesError, type ErrorCode } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import { type LoadClient, startLoadClient } from "../support/loadClient";
import { needs } from "../support/requirements";
import { apacheFixture } from "../support/targets/apache";
import { execFixture } from "../support/targets/exec";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { nginxFixture } from "../support/targets/nginx";
import type { WebFixture, WebTarget } from "../support/targets/webServer";

const unknownDirective = ["no_such_directive on;", 'unknown directive "no_such_directive"'] as const;
const cases: [WebFixture, string, string, ErrorCode][] = [
  [nginxFixture, ...unknownDirective, "TargetRefused"],
  [apacheFixture, "NoSuchDirective on", "Invalid command 'NoSuchDirective'", "TargetRefused"],
  // A hook is the check and the reload at once.
  [execFixture, ...unknownDirective, "DeploymentFailed"],
];

const describeServer = (fixture: WebFixture, directive: string, complaint: string, code: ErrorCode) => (): void => {
  const { kind } = fixture;
  let target: WebTarget;
  let old: TestMaterial;
  let fresh: TestMaterial;
  let folder: string;
  let load: LoadClient | undefined;

  beforeEach(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
    target = await fixture.create();
    folder = mkdtempSync(join(tmpdir(), "web-target-"));
    await bring(old);
  });
  afterEach(async () => {
    await load?.stop();
    load = undefined;
    await target.remove();
    rmSync(folder, { recursive: true });
  });

  const bring = (material: TestMaterial): Promise<Deployed> =>
    deploy({
      kind,
      spec: kind.parse(target.args, "target"),
      wanted: { material },
      context: { host: localHost, instance: { id: "web-00000001", resource: "project/stack/web" } },
      verify: async ({ fingerprintSha256 }) => expect(await target.served()).toBe(fingerprintSha256),
    });

  test("rotates under load without a failed handshake", async () => {
    const caPath = join(folder, "ca.pem");
    writeFileSync(caPath, old.trustBundlePem ?? "");
    load = await startLoadClient({ port: target.port, caPath, serverName: "web.example.com" });
    for (const material of [fresh, old, fresh]) {
      await bring(material);
      // Longer than the client is between two of its own handshakes.
      for (let handshakes = 0; handshakes < 30; handshakes += 1)
        expect(await target.served()).toBe(material.fingerprintSha256);
    }
    const seen = await load.summary();
    expect(seen).toMatchObject({ errors: [], resumed: 0 });
    expect(seen.fingerprints[0]).toBe(old.fingerprintSha256);
    expect(seen.fingerprints.at(-1)).toBe(fresh.fingerprintSha256);
    expect(new Set(seen.fingerprints).size).toBe(2);
    expect(seen.changes).toBeGreaterThanOrEqual(3);
  });

  test("a configuration that does not load: the old certificate is still served, and the server says why", async () => {
    const configuration = readFileSync(target.configuration, "utf8");
    writeFileSync(target.configuration, `${configuration}${directive}\n`);
    const failure = await bring(fresh).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!CertificatesError.is(failure)) throw failure ?? new Error("It did not fail.");
    expect(failure).toMatchObject({ code, retryable: true });
    expect(failure.message).toContain(complaint);
    expect(failure.message).toContain(`The certificate ${old.fingerprintSha256}, deployed before, is back`);
    expect(target.reloads()).toBe(1);
    expect(target.stored()).toBe(old.fingerprintSha256);
    expect(await target.served()).toBe(old.fingerprintSha256);

    writeFileSync(target.configuration, configuration);
    expect(await bring(fresh)).toMatchObject({ changed: true, previous: { fingerprintSha256: old.fingerprintSha256 } });
  });
};

for (const [fixture, directive, complaint, code] of cases) {
  const where = fixture.needs === undefined ? { describe } : needs(fixture.needs);
  where.describe(fixture.kind.kind, describeServer(fixture, directive, complaint, code));
}
