import { CertificatesError } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import type { Revision } from "../../sdk/targets/target";
import { verifyEndpoints } from "../../sdk/verify/verifyEndpoints";
import { verificationFailed } from "../../sdk/verify/describeFailures";
import { loadPostgresql } from "../support/postgresqlLoad";
import { needs } from "../support/requirements";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { postgresqlFixture, type PostgresqlTestTarget } from "../support/targets/postgresql";

needs("postgres").describe("a PostgreSQL server", () => {
  const { kind } = postgresqlFixture;
  let target: PostgresqlTestTarget;
  let old: TestMaterial;
  let fresh: TestMaterial;

  beforeAll(async () => {
    old = await testMaterial();
    fresh = await testMaterial();
  });
  beforeEach(async () => (target = await postgresqlFixture.create()));
  afterEach(() => target.remove());
  afterAll(() => postgresqlFixture.end());

  const bring = (material: TestMaterial, verify?: (revision: Revision) => Promise<void>): Promise<Deployed> =>
    deploy({
      kind,
      spec: kind.parse(target.args, "target"),
      wanted: { material },
      context: { host: localHost, instance: { id: "db-00000001", resource: "project/stack/db" } },
      ...(verify === undefined ? {} : { verify }),
    });
  const verifyOnTheWire = async ({ fingerprintSha256 = "" }: Revision): Promise<void> => {
    const { chainPem, trustBundlePem = "", dnsNames } = fresh;
    const result = await verifyEndpoints({
      endpoints: [
        { address: "127.0.0.1", port: target.server.port, protocol: "postgresql", serverName: "web.example.com" },
      ],
      expected: { fingerprintSha256: [fingerprintSha256], intermediatesPem: chainPem, trustBundlePem, dnsNames },
      timeoutMs: 5_000,
      intervalMs: 100,
      maxRounds: 3,
    });
    if (!result.ok) throw verificationFailed(result.failures);
  };

  test("takes a new certificate under load without a failed handshake", async () => {
    await bring(old, verifyOnTheWire);
    const load = loadPostgresql(target.server.port, fresh.trustBundlePem as string);
    for (const material of [fresh, old, fresh]) await bring(material, verifyOnTheWire);
    const { handshakes, errors } = await load.end();
    expect(errors).toEqual([]);
    expect([...handshakes.keys()].sort()).toEqual([old.fingerprintSha256, fresh.fingerprintSha256].sort());
  });

  test("keeps the old certificate silently when it cannot load its configuration: the endpoint tells", async () => {
    await bring(old, verifyOnTheWire);
    target.configure("ssl_ca_file = '/nonexistent/roots.pem'");
    const error = await bring(fresh, verifyOnTheWire).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(CertificatesError.is(error) && error.code).toBe("VerificationFailed");
    expect((error as Error).message).toContain(`127.0.0.1:${String(target.server.port)}`);
    expect((error as Error).message).toContain(`${old.fingerprintSha256}, deployed before, is back in its place`);
    expect([target.stored(), await target.served()]).toEqual([old.fingerprintSha256, old.fingerprintSha256]);
  });
});
