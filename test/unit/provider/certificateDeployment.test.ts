import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { certificateDeployment } from "../../../sdk/provider/certificateDeployment";
import { unknown } from "../../../sdk/provider/unknown";
import { OpenServers } from "../../support/openServers";
import { pairIn } from "../../support/targets/files";
import { pair } from "../../support/targets/filesBench";
import { type TestMaterial, testMaterial } from "../../support/targets/material";
import { served } from "../../support/tlsServer";

type Properties = Record<string, unknown>;
interface State {
  readonly id: string;
  readonly news: Properties;
  readonly outs: Properties;
}

const provider = certificateDeployment as Required<dynamic.ResourceProvider>;
const servers = new OpenServers();
let old: TestMaterial;
let fresh: TestMaterial;
let base: string;
let directory: string;

beforeAll(async () => {
  old = await testMaterial();
  fresh = await testMaterial();
});
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "deployment-"));
  directory = join(base, "tls");
});
afterEach(() => rmSync(base, { recursive: true }));

const target = (more: Properties = {}): Properties => ({ kind: "files", directory, files: pair, ...more });

/** What the resource class sends. */
function args(material: TestMaterial, more: Properties = {}): Properties {
  const { certificatePem, chainPem, trustBundlePem, privateKeyPem, fingerprintSha256, dnsNames } = material;
  return {
    name: "project/stack/edge",
    certificate: { fingerprintSha256, chainSha256: "1", dnsNames: [...dnsNames] },
    target: target(),
    credentials: { material: { certificatePem, chainPem, trustBundlePem, privateKeyPem }, target: {} },
    dryRun: false,
    ...more,
  };
}

async function check(news: Properties, olds: Properties = {}): Promise<Properties> {
  const { inputs, failures } = await provider.check(olds, news);
  if (failures !== undefined && failures.length > 0) throw new Error(failures.map((one) => one.reason).join("\n"));
  return inputs as Properties;
}

async function create(given: Properties): Promise<State> {
  const news = await check(given);
  const { id, outs } = await provider.create(news);
  return { id, news, outs: outs as Properties };
}

async function update(before: State, given: Properties): Promise<State> {
  const news = await check(given, before.news);
  const { outs } = await provider.update(before.id, before.outs, news);
  return { id: before.id, news, outs: outs as Properties };
}

async function isDue(before: State, given: Properties): Promise<boolean | undefined> {
  return (await provider.diff(before.id, before.outs, await check(given, before.news))).changes;
}

/** What the engine records of a create or update that failed with partial state; fails if there is none. */
async function partial(
  work: Promise<unknown>,
): Promise<Properties & { id: string; reasons: string[]; properties: Properties }> {
  try {
    await work;
  } catch (error) {
    const thrown = error as Properties & { id: string; reasons: string[]; properties: Properties };
    if (thrown.properties === undefined) throw error;
    return thrown;
  }
  throw new Error("It did not fail.");
}

const refusing = (): Properties => target({ check: ["/bin/false"] });

describe("a deployment", () => {
  it("records what it deployed, without any credential", async () => {
    const { id, outs } = await create(args(old));
    expect(id).toMatch(/^edge-[0-9a-f]{8}$/);
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
    expect(outs).toMatchObject({ deployedFingerprint: old.fingerprintSha256, status: "deployed" });
    expect(outs.deployedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(JSON.stringify(outs)).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE|credentials"/);
    const owner = readFileSync(join(directory, ".pulumi-certificates", id, "owner.json"), "utf8");
    expect(JSON.parse(owner)).toMatchObject({ resource: "project/stack/edge" });
  });

  it("is not due while nothing changed, and due with another certificate, chain, target, owner or endpoint", async () => {
    const before = await create(args(old));
    expect(await isDue(before, args(old))).toBe(false);
    expect(await isDue(before, args(old, { timeout: "10s", endpoints: [], owner: {}, revision: "current" }))).toBe(
      false,
    );
    expect(await isDue(before, args(fresh))).toBe(true);
    const { certificate } = args(old) as { certificate: Properties };
    expect(await isDue(before, args(old, { certificate: { ...certificate, chainSha256: "2" } }))).toBe(true);
    expect(await isDue(before, args(old, { target: target({ keyMode: "0640" }) }))).toBe(true);
    expect(await isDue(before, args(old, { owner: { team: "payments" } }))).toBe(true);
    expect(await isDue(before, args(old, { endpoints: [{ address: "127.0.0.1", port: 1 }] }))).toBe(true);
  });

  it("shows as due in a preview that does not know the certificate yet", async () => {
    const before = await create(args(old));
    const preview = args(old, {
      certificate: { fingerprintSha256: unknown, chainSha256: unknown, dnsNames: unknown },
      credentials: unknown,
    });
    expect(await isDue(before, preview)).toBe(true);
  });

  it("rotates, keeps the previous one, and leaves the time alone when nothing was written", async () => {
    const first = await create(args(old));
    const second = await update(first, args(fresh));
    expect(second.outs).toMatchObject({
      deployedFingerprint: fresh.fingerprintSha256,
      previousFingerprint: old.fingerprintSha256,
    });
    const again = await update(
      { ...second, outs: { ...second.outs, deployedAt: "2026-01-01T00:00:00Z" } },
      args(fresh, { owner: { team: "x" } }),
    );
    expect(again.outs).toMatchObject({ deployedAt: "2026-01-01T00:00:00Z", owner: { team: "x" } });
  });

  it("goes back to the previous revision and stays there whatever is issued, then forward", async () => {
    const first = await update(await create(args(old)), args(fresh));
    const back = await update(first, args(fresh, { revision: "previous" }));
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
    expect(back.outs).toMatchObject({
      status: "rolledBack",
      deployedFingerprint: old.fingerprintSha256,
      previousFingerprint: fresh.fingerprintSha256,
    });
    const newest = await testMaterial();
    expect(await isDue(back, args(fresh, { revision: "previous" }))).toBe(false);
    expect(await isDue(back, args(newest, { revision: "previous" }))).toBe(false);
    expect((await update(back, args(newest, { revision: "previous" }))).outs).toMatchObject({
      deployedFingerprint: old.fingerprintSha256,
    });
    expect(await isDue(back, args(newest))).toBe(true);
    expect((await update(back, args(newest))).outs).toMatchObject({
      status: "deployed",
      deployedFingerprint: newest.fingerprintSha256,
    });
    expect(pairIn(directory)).toBe(newest.fingerprintSha256);
  });

  it("goes back once when the run that did it could not record it", async () => {
    const first = await update(await create(args(old)), args(fresh));
    await update(first, args(fresh, { revision: "previous" }));
    const again = await update(first, args(fresh, { revision: "previous" }));
    expect(again.outs).toMatchObject({ deployedFingerprint: old.fingerprintSha256 });
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
  });

  it("records a refused rotation as pending, has the old files back, and is due until it succeeds", async () => {
    const before = await create(args(old));
    const news = await check(args(fresh, { target: refusing() }), before.news);
    const { id, properties, reasons } = await partial(provider.update(before.id, before.outs, news));
    expect(id).toBe(before.id);
    expect(reasons[0]).toContain("`/bin/false` ended with exit code 1.");
    expect(properties).toMatchObject({
      deployedFingerprint: old.fingerprintSha256,
      pending: { targets: [refusing()] },
    });
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
    const failed = { id, news, outs: properties };
    expect(await isDue(failed, args(old))).toBe(true);
    const { outs } = await update(failed, args(fresh));
    expect(outs).toMatchObject({ deployedFingerprint: fresh.fingerprintSha256 });
    expect(outs.pending).toBeUndefined();
  });

  it("a first deployment that cannot be verified keeps its id and its files, and the next run completes it", async () => {
    const news = await check(args(old, { target: target({ reload: ["/bin/false"] }) }));
    const { id, properties } = await partial(provider.create(news));
    expect(properties.deployedFingerprint).toBeUndefined();
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
    const refreshed = await provider.read(id, properties);
    expect(refreshed.props).toEqual(properties);
    const next = await update({ id, news, outs: properties }, args(old));
    expect(next.outs).toMatchObject({ deployedFingerprint: old.fingerprintSha256 });
  });

  it("records nothing of a first deployment that changed nothing", async () => {
    const news = await check(args(old, { target: target({ checkStaged: ["/bin/false"] }) }));
    await expect(provider.create(news)).rejects.not.toHaveProperty("properties");
    expect(existsSync(directory)).toBe(false);
  });

  it("notices on refresh what was changed by hand, and puts it right", async () => {
    const before = await create(args(old, { target: target({ onDelete: "remove" }) }));
    const clean = await provider.read(before.id, before.outs);
    expect(clean.props).toEqual(before.outs);
    expect(clean.inputs).toEqual(before.news);
    writeFileSync(join(directory, "privkey.pem"), "x");
    const { props, inputs } = (await provider.read(before.id, before.outs)) as {
      props: Properties;
      inputs: Properties;
    };
    const drift = [`${directory}/privkey.pem has another content.`];
    expect(props.drift).toEqual(drift);
    expect(inputs.drift).toEqual(drift);
    const found = { id: before.id, news: inputs, outs: props };
    expect(await isDue(found, args(old, { target: target({ onDelete: "remove" }) }))).toBe(true);
    const { outs } = await update(found, args(old, { target: target({ onDelete: "remove" }) }));
    expect(outs.drift).toBeUndefined();
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
  });

  it("moves to another directory, and ends the deployment in the old one", async () => {
    const before = await create(args(old, { target: target({ onDelete: "remove" }) }));
    const elsewhere = target({ directory: join(base, "elsewhere") });
    const moved = await update(before, args(old, { target: elsewhere }));
    expect(moved.outs.target).toEqual(elsewhere);
    expect(existsSync(directory)).toBe(false);
    expect(pairIn(join(base, "elsewhere"))).toBe(old.fingerprintSha256);
  });

  it("a move that fails leaves both places known, so that deletion finds them", async () => {
    const before = await create(args(old, { target: target({ onDelete: "remove" }) }));
    const elsewhere = target({ directory: join(base, "elsewhere"), onDelete: "remove", reload: ["/bin/false"] });
    const news = await check(args(old, { target: elsewhere }), before.news);
    const { properties } = await partial(provider.update(before.id, before.outs, news));
    expect(existsSync(join(base, "elsewhere"))).toBe(true);
    await provider.delete(before.id, properties);
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(join(base, "elsewhere"))).toBe(false);
  });

  it("leaves the files when it is deleted, or removes them, but never those of a replacement", async () => {
    const left = await create(args(old));
    await provider.delete(left.id, left.outs);
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
    const removing = args(fresh, { target: target({ onDelete: "remove" }) });
    const first = await create(removing);
    const replacement = await create(removing);
    await provider.delete(first.id, first.outs);
    expect(pairIn(directory)).toBe(fresh.fingerprintSha256);
    await provider.delete(replacement.id, replacement.outs);
    expect(existsSync(directory)).toBe(false);
  });

  it("writes a keystore again when its password changes, and shows the password nowhere", async () => {
    const files = { "web.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } };
    const given = (password: string): Properties => {
      const { credentials } = args(old) as { credentials: Properties };
      return args(old, {
        target: target({ files }),
        credentials: { ...credentials, target: { "/files/web.p12/password": password } },
      });
    };
    const before = await create(given("first password"));
    expect(await isDue(before, given("first password"))).toBe(false);
    expect(await isDue(before, given("other password"))).toBe(true);
    const written = readFileSync(join(directory, "web.p12"));
    const after = await update(before, given("other password"));
    expect(readFileSync(join(directory, "web.p12")).equals(written)).toBe(false);
    expect(JSON.stringify([before, after])).not.toMatch(/first password|other password/);
    expect(await isDue(after, given("other password"))).toBe(false);
  });

  it("takes credentials out of a target, also where the program left them in", async () => {
    const files = { "web.p12": { kind: "pkcs12", encryption: "modern", alias: "web", password: "hunter2" } };
    expect(JSON.stringify(await check(args(old, { target: target({ files }) })))).not.toContain("hunter2");
  });
});

describe("endpoints", () => {
  const materialOf = (material: TestMaterial) => ({
    ...material,
    chainPem: material.chainPem,
    rootPem: material.trustBundlePem as string,
    serialNumber: "",
  });

  it("are asked after the reload; if they serve something else, the old files come back", async () => {
    const server = await servers.tls(served(materialOf(old)));
    const endpoints = [{ address: "127.0.0.1", port: server.port }];
    const before = await create(args(old, { endpoints, timeout: "3s" }));
    const news = await check(args(fresh, { endpoints, timeout: "3s" }), before.news);
    const { reasons } = await partial(provider.update(before.id, before.outs, news));
    expect(reasons[0]).toContain("The endpoints do not serve the certificate:");
    expect(reasons[0]).toContain(`127.0.0.1:${server.port}`);
    expect(pairIn(directory)).toBe(old.fingerprintSha256);
    server.serve(served(materialOf(fresh)));
    expect((await update(before, args(fresh, { endpoints, timeout: "3s" }))).outs).toMatchObject({
      deployedFingerprint: fresh.fingerprintSha256,
    });
  });
});

describe("a preview refuses", () => {
  it.each<[string, () => Properties, string]>([
    [
      "an unknown kind of target",
      () => ({ target: { kind: "ftp" } }),
      'target: "ftp" is no kind of target. Use one of: files({ … }).',
    ],
    ["no target", () => ({ target: undefined }), "target: nothing is no kind of target."],
    ["a bad target", () => ({ target: target({ keyMode: "0644" }) }), "target.keyMode"],
    ["a bad timeout", () => ({ timeout: "soon" }), 'timeout: "soon" is not a duration.'],
    ["an unknown revision", () => ({ revision: "older" }), 'revision: "older" is not known.'],
    ["going back before anything was deployed", () => ({ revision: "previous" }), "revision: nothing was deployed yet"],
    [
      "a bad endpoint",
      () => ({ endpoints: [{ address: "https://x" }] }),
      'endpoints[0].address: "https://x" is a URL.',
    ],
    ["endpoints that are no list", () => ({ endpoints: "x" }), 'endpoints: "x" is no list.'],
    [
      "a path that cannot be",
      () => ({ target: target({ directory: "/etc/passwd/tls" }) }),
      "target.directory: /etc/passwd/tls cannot be a directory",
    ],
    [
      "a program that is not there",
      () => ({ target: target({ reload: ["/no/such"] }) }),
      "target.reload: /no/such cannot be run",
    ],
  ])("%s", async (_what, more, message) => {
    await expect(check(args(old, more()))).rejects.toThrow(message);
  });

  it("files that something else manages", async () => {
    await create(args(old));
    await expect(check(args(old, { name: "other" }))).rejects.toThrow("was deployed by project/stack/edge.");
  });

  it("a file with the key of a certificate that brought its own", async () => {
    const { credentials } = args(old) as { credentials: { material: Properties } };
    const { privateKeyPem: _, ...material } = credentials.material;
    await expect(check(args(old, { credentials: { material } }))).rejects.toThrow(
      'target.files["privkey.pem"]: the certificate has no private key here',
    );
  });

  it("nothing of a resource that is only renamed", async () => {
    const before = await create(args(old));
    await check(args(fresh, { name: "renamed" }), before.news);
    expect((await update(before, args(fresh, { name: "renamed" }))).outs).toMatchObject({
      deployedFingerprint: fresh.fingerprintSha256,
    });
  });

  it("nothing that is not known yet", async () => {
    await check(
      args(old, { target: target({ directory: unknown }), endpoints: unknown, timeout: unknown, credentials: unknown }),
    );
  });
});

it("says what to do when the certificate does not reach it", async () => {
  const news = await check(args(old, { credentials: {} }));
  await expect(provider.create(news)).rejects.toThrow(
    'did not reach the deployment project/stack/edge. Remove ignoreChanges on "credentials" or "*".',
  );
});
