import { execFile } from "node:child_process";
import { join } from "node:path";
import { startAzureDns } from "../support/solvers/azureDnsStandIn";
import { type TestCloud, startCloud } from "../support/solvers/cloudFixture";
import type { CloudStandIn } from "../support/solvers/cloudStandIn";
import { startGoogleCloudDns } from "../support/solvers/googleCloudDnsStandIn";
import { startRoute53 } from "../support/solvers/route53StandIn";

const support = join(__dirname, "..", "support");
const changes = /(POST .*(rrset|changes)|PUT .*TXT)/;

/** Shows control of a name with nothing in the environment but this; resolves to what went wrong. */
function presentIn(environment: Readonly<Record<string, string>>, args: unknown): Promise<string> {
  const script = join(support, "solvers", "presentProcess.ts");
  const request = JSON.stringify({ slot: "dns01", args, name: "web.example.com" });
  const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, ["-r", join(support, "typescript.cjs"), script, request], { env }, (error, _out, told) =>
      resolve(error === null ? "" : told),
    );
  });
}

let cloud: TestCloud | undefined;
afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
});

async function start<Service extends CloudStandIn>(service: Promise<Service>): Promise<[Service, TestCloud]> {
  const started = await service;
  cloud = await startCloud(() => Promise.resolve(started));
  return [started, cloud];
}

test("route53 without an access key takes that of the environment", async () => {
  const [service, { args }] = await start(startRoute53());
  const { accessKeyId, secretAccessKey, ...rest } = args as Record<string, string>;
  const environment = { AWS_ACCESS_KEY_ID: accessKeyId ?? "", AWS_SECRET_ACCESS_KEY: secretAccessKey ?? "" };
  expect(await presentIn(environment, rest)).toBe("");
  expect(service.requests.filter((line) => changes.test(line)).length).toBeGreaterThan(1);
  const without = await presentIn({ AWS_EC2_METADATA_DISABLED: "true" }, rest);
  expect(without).toMatch(/Route 53 refused the credentials.*Could not load credentials/s);
});

test("azureDns without a tenant takes a managed identity", async () => {
  const [service, { args }] = await start(startAzureDns());
  const { tenantId, clientId, clientSecret, ...rest } = args;
  expect([tenantId, clientId, clientSecret]).not.toContain(undefined);
  expect(await presentIn(service.identity, rest)).toBe("");
  expect(service.requests.filter((line) => line.includes("/msi/token"))).toHaveLength(1);
  expect(service.requests.filter((line) => changes.test(line))).toHaveLength(1);
});

test("googleCloudDns takes the account of its instance, if told so", async () => {
  const [service, { args }] = await start(startGoogleCloudDns());
  const { serviceAccountKey, ...rest } = args;
  expect(serviceAccountKey).toBeDefined();
  expect(await presentIn({ GCE_METADATA_HOST: service.metadataHost }, { ...rest, useEnvironment: true })).toBe("");
  expect(service.requests.filter((line) => changes.test(line)).length).toBeGreaterThan(1);
  const without = await presentIn({ GCE_METADATA_HOST: service.metadataHost }, rest);
  expect(without).toMatch(/has no serviceAccountKey.*or set useEnvironment/);
});
