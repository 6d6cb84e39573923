import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changedLines, createStack, diagnosticsOf, type Stack } from "../support/engine";
import { type HttpsServer, startHttpsServer } from "../support/httpsServer";
import { startLoadClient } from "../support/loadClient";
import { repository } from "../support/provide";
import { daysFromNow } from "../support/renewals";
import { pairIn } from "../support/targets/files";

let base: string;
let directory: string;
let server: HttpsServer | undefined;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "deployment-e2e-"));
  directory = join(base, "tls");
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(base, { recursive: true });
});

/** A CA, a certificate, and its deployment; what the tests change comes from the configuration. */
const program = (): string => `
  const pulumi = require("@pulumi/pulumi");
  const { Certificate, CertificateAuthority, CertificateDeployment, CertificateSet, exec, files, pkcs12 } = require("pulumi-certificates");
  const config = new pulumi.Config();
  const root = new CertificateAuthority("root", { commonName: "Root" });
  const web = new Certificate("web", { issuer: root, dnsNames: ["web.example.com"], duration: "90d", renewBefore: "30d" });
  const other = new Certificate("other", { issuer: root, dnsNames: ["other.example.com"], duration: "1y" });
  const fleet = new CertificateSet("fleet", { issuer: root, duration: "1y", members: {
    api: { dnsNames: ["api.example.com"] },
    soon: { dnsNames: ["soon.example.com"], duration: "90d", renewBefore: "30d" },
  } });
  for (const name of ["api", "soon"]) new CertificateDeployment(name, {
    certificate: fleet.member(name),
    target: files({ directory: ${JSON.stringify(directory)}, files: { [name + ".pem"]: "combined" }, onDelete: config.get("onDelete") ?? "leave" }),
  });
  const edge = new CertificateDeployment("edge", {
    certificate: web,
    target: files({
      directory: ${JSON.stringify(directory)},
      files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey", "ca.pem": "trustBundle", "web.p12": pkcs12({ password: config.requireSecret("password") }) },
      reload: ["/bin/sh", "-c", config.get("reload") ?? "true"],
      onDelete: config.get("onDelete") ?? "leave",
    }),
    endpoints: config.getObject("endpoints"),
    timeout: "10s",
    revision: config.get("revision"),
    owner: { team: "payments" },
  });
  exports.deployed = edge.deployedFingerprint;
  exports.previous = edge.previousFingerprint;
  exports.issued = web.fingerprintSha256;`;

async function deployedStack(config: Record<string, string> = {}, more = ""): Promise<Stack> {
  const stack = await createStack({
    program: program() + more,
    config: { "certificates:allowTimeTravel": "true", ...config },
  });
  await stack.run(["config", "set", "--secret", "password", "correct horse battery"], { expectSuccess: true });
  await stack.up();
  return stack;
}

/** Starts a server on what is deployed, and has the next runs reload and verify it. */
async function serve(stack: Stack): Promise<HttpsServer> {
  const pidFile = join(base, "pid");
  server = await startHttpsServer({
    certificatePath: join(directory, "fullchain.pem"),
    keyPath: join(directory, "privkey.pem"),
    pidFile,
  });
  stack.config("reload", `kill -HUP $(cat ${pidFile})`);
  await stack.run(["config", "set", "--path", "endpoints[0].address", "127.0.0.1"], { expectSuccess: true });
  await stack.run(["config", "set", "--path", "endpoints[0].port", String(server.port)], { expectSuccess: true });
  await stack.up();
  return server;
}

/** Says what policies see of the deployments that are about to be made again. It finds the SDK beside the program. */
function policyPack(stack: Stack): string {
  const folder = join(stack.folder, "policy");
  mkdirSync(folder);
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "policy", version: "1.0.0", main: "index.js" }));
  const sdk = JSON.stringify(join(repository, "node_modules", "@pulumi", "policy"));
  writeFileSync(
    join(folder, "index.js"),
    `const { PolicyPack } = require(${sdk});
     new PolicyPack("pack", { policies: [{
       name: "changes", description: "changes", enforcementLevel: "advisory",
       validateResource: ({ name, type, props }, report) => {
         if (type.endsWith(":CertificateDeployment") && props.changes) report("policy: " + name + " " + JSON.stringify(props.changes));
       },
     }] });`,
  );
  return folder;
}

const changes = (output: string): Record<string, string[]> =>
  Object.fromEntries(changedLines(output).map(({ name, diff }) => [name, diff]));

test("the certificate is deployed, renewed with its deployment and nothing else, and served", async () => {
  const stack = await deployedStack();
  const { issued, deployed } = await stack.outputs();
  expect(deployed).toBe(issued);
  expect(pairIn(directory)).toBe(issued);
  const running = await serve(stack);
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  await stack.refresh({ args: ["--expect-no-changes"] });

  const load = await startLoadClient({
    port: running.port,
    caPath: join(directory, "ca.pem"),
    serverName: "web.example.com",
  });
  stack.clock(daysFromNow(62));
  const plan = join(base, "plan.json");
  const preview = await stack.preview({ args: ["--save-plan", plan, "--policy-pack", policyPack(stack)] });
  // The other member of the set is not deployed, although its outputs are unknown in this preview.
  const rotation = {
    ...{ web: ["~renewal"], edge: ["+changes~certificate"] },
    ...{ fleet: ["~changes", "schedule"], soon: ["+changes~certificate"] },
  };
  expect(changes(preview.all)).toEqual(rotation);
  expect(diagnosticsOf(preview.all, "edge")).toEqual([
    `edge deploys another certificate [CertificateChanged]: ${directory} on this machine; reloads with /bin/sh -c 'kill -HUP $(cat ${base}/pid)'; in place of ${String(issued).slice(0, 12)}…`,
  ]);
  const told = [...preview.all.matchAll(/policy: (\w+) (\[.*\])$/gm)].map(([, name, changes = ""]) => [
    name,
    JSON.parse(changes) as unknown,
  ]);
  expect(Object.fromEntries(told)).toEqual({
    edge: [expect.stringMatching(/^CertificateChanged: .*on this machine; reloads with/)],
    soon: [`CertificateChanged: ${directory} on this machine`],
  });
  expect(pairIn(directory)).toBe(issued);
  const reloaded = running.reloaded();
  expect(changes((await stack.up({ args: ["--plan", plan] })).all)).toEqual(rotation);
  stack.clock();
  await stack.refresh({ args: ["--expect-no-changes"] });
  const renewed = await stack.outputs();
  expect(renewed).toMatchObject({ deployed: renewed.issued, previous: issued });
  expect(await reloaded).toBe(renewed.issued);
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  const seen = await load.summary();
  expect(seen).toMatchObject({ errors: [], resumed: 0, fingerprints: [issued, renewed.issued] });
  expect(seen.handshakes).toBeGreaterThan(500);

  stack.config("revision", "previous");
  expect(changes((await stack.preview()).all)).toEqual({ edge: ["+changes", "revision"] });
  await stack.up();
  expect(pairIn(directory)).toBe(issued);
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  stack.config("revision", undefined);
  await stack.up();
  expect(pairIn(directory)).toBe(renewed.issued);
  await stack.destroy();
  expect(pairIn(directory)).toBe(renewed.issued);
});

test("what was changed by hand shows after a refresh, and the next run puts it right", async () => {
  const stack = await deployedStack({ onDelete: "remove" });
  writeFileSync(join(directory, "privkey.pem"), "x");
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  await stack.refresh();
  const preview = await stack.preview({ args: ["--diff"] });
  expect(preview.all).toContain(`${directory}/privkey.pem has another content.`);
  expect(changes((await stack.preview()).all)).toEqual({ edge: ["+changes-drift"] });
  await stack.up();
  expect(pairIn(directory)).toBe((await stack.outputs()).issued);
  await stack.refresh({ args: ["--expect-no-changes"] });
  await stack.destroy();
  expect(existsSync(directory)).toBe(false);
});

test("a deployment that fails has the old files back, and the next run deploys without a new certificate", async () => {
  const stack = await deployedStack();
  const before = await stack.outputs();
  stack.clock(daysFromNow(62));
  stack.config("reload", `test "$CERTIFICATE_FINGERPRINT" = ${String(before.issued)}`);
  const failed = await stack.up({ fails: true });
  stack.clock();
  expect(failed.all).toContain("ended with exit code 1. The certificate ");
  expect(failed.all).not.toMatch(/^ +at .*\.js:/m);
  expect(pairIn(directory)).toBe(before.issued);
  const { fingerprintSha256: renewed } = await stack.resource("web");
  expect(renewed).not.toBe(before.issued);
  await stack.refresh();
  stack.config("reload", undefined);
  const preview = await stack.preview();
  expect(Object.keys(changes(preview.all))).toEqual(["edge"]);
  expect(preview.all).toContain("edge is deployed again: the last deployment did not succeed.");
  await stack.up();
  expect(pairIn(directory)).toBe(renewed);
  expect(changedLines((await stack.preview()).all)).toEqual([]);
});

test("--replace, a taint and a rename with an alias leave the files in place", async () => {
  const stack = await deployedStack({ onDelete: "remove" });
  const { issued } = await stack.outputs();
  const urn = (await stack.exportState()).deployment.resources.find((one) => one.urn.endsWith("::edge"))?.urn ?? "";
  await stack.up({ args: ["--replace", urn] });
  expect(pairIn(directory)).toBe(issued);
  await stack.refresh({ args: ["--expect-no-changes"] });
  await stack.run(["state", "taint", urn, "--yes"], { expectSuccess: true });
  await stack.up();
  expect(pairIn(directory)).toBe(issued);
  stack.write(
    program()
      .replace('"edge", {', '"front", {')
      .replace(
        'owner: { team: "payments" },\n  }',
        'owner: { team: "payments" },\n  }, { aliases: [{ name: "edge" }] }',
      ),
  );
  expect(changedLines((await stack.preview()).all)).toEqual([]);
  await stack.up();
  stack.clock(daysFromNow(62));
  await stack.up();
  expect(pairIn(directory)).toBe((await stack.outputs()).issued);
  await stack.destroy();
  expect(existsSync(directory)).toBe(false);
});

test("no key or password enters the deployment's state, a plan or what is printed", async () => {
  const lineage = join(base, "live", "web");
  const hook = `echo "$TOKEN"; case $TOKEN in correct*battery) echo "$RENEWED_LINEAGE" >>${base}/hooked ;; esac`;
  const stack = await deployedStack(
    {},
    `
    const environment = { TOKEN: config.requireSecret("password") };
    const command = ["/bin/sh", "-c", ${JSON.stringify(hook)}];
    const target = exec({ style: "certbot", directory: ${JSON.stringify(lineage)}, command, environment });
    new CertificateDeployment("hook", { certificate: web, target });`,
  );
  stack.clock(daysFromNow(62));
  const plan = join(base, "plan.json");
  await stack.preview({ args: ["--diff", "--save-plan", plan] });
  await stack.up({ args: ["--diff"] });
  const state = await stack.exportState();
  const edge = state.deployment.resources.find((one) => one.urn.endsWith("::edge"));
  const secrets = /PRIVATE KEY|correct horse battery/;
  expect(JSON.stringify(edge)).not.toMatch(secrets);
  expect(stack.stateFile()).not.toMatch(secrets);
  expect(stack.printed()).not.toMatch(secrets);
  expect(readFileSync(plan, "utf8")).not.toMatch(secrets);
  expect(readFileSync(join(base, "hooked"), "utf8")).toBe(`${lineage}\n${lineage}\n`);
});

test("a path that cannot be written fails the preview, before anything is issued", async () => {
  directory = "/etc/passwd/tls";
  const stack = await createStack({ program: program() });
  await stack.run(["config", "set", "--secret", "password", "x"], { expectSuccess: true });
  const preview = await stack.preview({ fails: true });
  expect(preview.all).toContain(
    "target.directory: /etc/passwd/tls cannot be a directory: /etc/passwd is none. Give the path of a directory.",
  );
  const up = await stack.run(["up", "--yes"]);
  expect(up.code).not.toBe(0);
  const { resources = [] } = (await stack.exportState()).deployment;
  expect(resources.map(({ urn }) => urn).filter((urn) => urn.endsWith("::web"))).toEqual([]);
});
