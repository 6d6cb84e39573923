import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../sdk/targets/deploy";
import { F5Deployments, f5Context, failureOf } from "../support/f5Deployments";
import { startLoadClient } from "../support/loadClient";
import { closedPort } from "../support/openServers";
import { certificatesSentTo } from "../support/opensslClient";
import { type F5TestTarget, f5Fixture } from "../support/targets/f5";
import { type TestMaterial, testMaterial } from "../support/targets/material";
import { until } from "../support/until";

const { kind } = f5Fixture;
let target: F5TestTarget;
let edge: F5Deployments;
let old: TestMaterial;
let fresh: TestMaterial;

beforeAll(async () => {
  old = await testMaterial();
  fresh = await testMaterial();
});
beforeEach(async () => {
  target = await f5Fixture.create();
  edge = new F5Deployments(target);
});
afterEach(() => target.remove());
afterAll(() => f5Fixture.end());

describe("rotation", () => {
  test("takes a new certificate under load without a failed handshake, and ends no connection", async () => {
    await edge.bring(old);
    const folder = mkdtempSync(join(tmpdir(), "f5-load-"));
    const caPath = join(folder, "roots.pem");
    writeFileSync(caPath, fresh.trustBundlePem as string);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: fresh.trustBundlePem as string });
    const ask = (): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port: target.port, servername: "web.example.com", agent };
        const asked = request(options, (answer) => {
          answer.resume();
          answer.on("end", () => resolve(asked.reusedSocket));
        });
        asked.on("error", reject).end();
      });
    await ask();
    const load = await startLoadClient({ port: target.port, caPath, serverName: "web.example.com" });
    for (const material of [fresh, old, fresh]) await edge.bring(material);
    const { errors, handshakes, fingerprints } = await load.summary();
    expect(errors).toEqual([]);
    expect(handshakes).toBeGreaterThan(0);
    expect(fingerprints.at(-1)).toBe(fresh.fingerprintSha256);
    expect(await ask()).toBe(true);
    agent.destroy();
    rmSync(folder, { recursive: true });
  });

  test("sends the chain with the certificate", async () => {
    await edge.bring(old);
    const sent = await certificatesSentTo(target.port, "1.3", "web.example.com");
    expect(sent.map((pem) => pem.trim()).join("\n")).toBe(old.fullChainPem.trim());
  });

  test("leaves the other settings of the profile, and a certificate with another type of key", async () => {
    const { fingerprintSha256: rsa } = await edge.putByHand("rsa", "RSA");
    edge.changeProfile({ ciphers: "ECDHE+AES-GCM", serverName: "web.example.com" });
    await edge.bring(old);
    await edge.bring(fresh);
    expect(target.bigIp.configuration.profiles.get(target.profile)?.settings).toMatchObject({
      defaultsFrom: "/Common/clientssl",
      ciphers: "ECDHE+AES-GCM",
      serverName: "web.example.com",
    });
    expect(target.bigIp.entries(target.profile).map(({ name }) => name)).toEqual([
      "rsa",
      target.profile.replace("/Common/", ""),
    ]);
    const [overRsa] = await certificatesSentTo(target.port, "1.2", "web.example.com", ["-cipher", "aRSA"]);
    expect(overRsa).toBeDefined();
    expect(target.bigIp.fingerprintOf(target.bigIp.entries(target.profile)[0]?.cert ?? "")).toBe(rsa);
    await edge.withdraw();
    expect(target.bigIp.entries(target.profile).map(({ name }) => name)).toEqual(["rsa"]);
  });

  test("keeps the objects of two revisions and no others", async () => {
    for (const material of [old, fresh, await testMaterial()]) await edge.bring(material);
    const own = [...target.bigIp.configuration.keys.keys()].filter((key) => key.startsWith(`${target.profile}-`));
    expect(own).toHaveLength(2);
    expect(target.leftovers()).toEqual([]);
  });

  test("is saved once it is verified: a BIG-IP that starts again has it, and before that the one before", async () => {
    await edge.bring(old);
    const refused = edge.bring(fresh, {}, () => {
      target.bigIp.restart();
      return Promise.reject(new Error("it was switched off"));
    });
    await failureOf(refused);
    expect(await target.served()).toBe(old.fingerprintSha256);
    await edge.bring(fresh);
    target.bigIp.restart();
    expect(await target.served()).toBe(fresh.fingerprintSha256);
    expect(await edge.observe()).toMatchObject({ differences: [], interrupted: false });
  });

  test("many at once save the configuration together, and each is in it", async () => {
    const targets = [target, ...(await Promise.all(Array.from({ length: 7 }, () => f5Fixture.create())))];
    const saves = (): number => target.bigIp.requests.filter((line) => line === "POST /mgmt/tm/sys/config").length;
    const before = saves();
    const release = target.bigIp.hold(/^POST \/mgmt\/tm\/sys\/config$/);
    const work = Promise.all(targets.map((one) => new F5Deployments(one).bring(old)));
    const isRetired = ({ profile, bigIp }: F5TestTarget): boolean => {
      const group = `/Common/pulumi-certificates.${profile.replace("/Common/", "")}`;
      const names = bigIp.configuration.dataGroups.get(group)?.records.map(({ name }) => name) ?? [];
      return names.includes("confirmed") && !names.includes("unfinished");
    };
    await until("all but the saving", () => targets.every(isRetired));
    release();
    await work;
    expect(saves() - before).toBe(2);
    target.bigIp.restart();
    for (const one of targets) expect(await one.served()).toBe(old.fingerprintSha256);
    for (const one of targets.slice(1)) await one.remove();
  });
});

describe("what others put there", () => {
  test("a certificate of another program is refused, before and during a deployment, with its name", async () => {
    const { fingerprintSha256: theirs, cert } = await edge.putByHand("theirs", "ECDSA");
    const error = await failureOf(edge.bring(old));
    expect(error.code).toBe("ForeignFile");
    expect(error.message).toContain(`${cert}, which this resource did not put there`);
    expect(await target.served()).toBe(theirs);
    expect(target.left()).toBe(false);
  });

  test("one of the entry's name is refused by the preview", async () => {
    await edge.putByHand(target.profile.replace("/Common/", ""), "RSA");
    expect((await failureOf(edge.preflight())).code).toBe("ForeignFile");
  });

  test("taken over, it is the one to go back to, and is never deleted", async () => {
    const { fingerprintSha256: theirs, cert } = await edge.putByHand("theirs", "ECDSA");
    const changes = { takeOver: true };
    const error = await failureOf(
      edge.bring(old, changes, () => Promise.reject(new Error("it serves something else"))),
    );
    expect(error.message).toContain(`The certificate ${theirs}, deployed before, is back`);
    expect(await target.served()).toBe(theirs);
    const first = await edge.bring(old, changes);
    expect(first.previous?.fingerprintSha256).toBe(theirs);
    const back = { revision: first.previous?.id ?? "" };
    await deploy({ kind, spec: edge.spec(changes), wanted: back, context: edge.context });
    expect(await target.served()).toBe(theirs);
    await edge.bring(fresh, changes);
    await edge.bring(old, changes);
    expect(target.bigIp.configuration.certs.has(cert)).toBe(true);
    expect(target.leftovers()).toEqual([]);
  });

  test("an entry with a passphrase would be lost, so the profile is left alone", async () => {
    await edge.putByHand("rsa", "RSA");
    const [entry] = target.bigIp.entries(target.profile);
    edge.changeProfile({ certKeyChain: [{ ...entry, passphrase: "$M$ab$cd" }] });
    const error = await failureOf(edge.bring(old));
    expect(error.code).toBe("TargetRefused");
    expect(error.message).toContain("has a key with a passphrase");
    expect(target.left()).toBe(false);
  });

  test("a file object that was installed over by hand is noticed, and replaced by new objects", async () => {
    await edge.bring(old);
    const [entry] = target.bigIp.entries(target.profile);
    target.bigIp.installByHand(
      "certs",
      entry?.cert ?? "",
      `${old.certificatePem}
# by hand
`,
    );
    expect((await edge.observe()).differences).toEqual([`${entry?.cert ?? ""} was replaced by another file.`]);
    expect((await edge.bring(old)).current.id).toMatch(/-2$/);
    expect(await edge.observe()).toMatchObject({ differences: [], interrupted: false });
    expect(target.leftovers()).toEqual([]);
  });

  test("two deployments at once: one has the profile, the other is refused", async () => {
    const other = deploy({
      kind,
      spec: edge.spec(),
      wanted: { material: fresh },
      context: f5Context("api-00000002", "project/stack/api"),
    });
    const outcomes = await Promise.allSettled([edge.bring(old), other]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect([old.fingerprintSha256, fresh.fingerprintSha256]).toContain(await target.served());
    expect(target.leftovers()).toEqual([]);
  });
});

describe("a preview", () => {
  test("changes nothing and tells what is wrong", async () => {
    await edge.preflight();
    const writes = target.bigIp.requests.filter((line) => !/^GET |authn\/login|authz\/tokens/.test(line));
    const before = writes.length;
    expect((await failureOf(edge.preflight({ clientSslProfile: "/Common/none" }))).message).toContain(
      "has no client SSL profile /Common/none",
    );
    expect((await failureOf(edge.preflight({ password: "wrong" }))).message).toContain("Authentication failed");
    const after = target.bigIp.requests.filter((line) => !/^GET |authn\/login|authz\/tokens/.test(line));
    expect(after).toHaveLength(before);
  });

  test("one that is down is left to the run", () =>
    closedPort().then((port) => edge.preflight({ address: `https://localhost:${String(port)}` })));

  test("a management certificate that nobody vouches for", async () => {
    const { caBundlePem: _, ...args } = target.args;
    const error = await failureOf(kind.observe(kind.parse(args, "target"), edge.context));
    expect(error.message).toMatch(/must name the address and come from a CA that is trusted: give caBundlePem/);
  });
});
