import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CertificatesError } from "../../sdk/errors";
import { deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import type { Material } from "../../sdk/targets/target";
import { listening, startChild } from "../support/childServer";
import { certificatesSentTo } from "../support/opensslClient";
import { needs } from "../support/requirements";
import { haproxyListFixture, type HaproxyTestTarget } from "../support/targets/haproxy";
import { testMaterial } from "../support/targets/material";

needs("haproxy").describe("a running HAProxy with a crt-list", () => {
  const { kind } = haproxyListFixture;
  const names = ["one.example.com", "two.example.com", "three.example.com"];
  let target: HaproxyTestTarget;
  let members: Material[];

  beforeAll(async () => {
    members = await Promise.all(names.map((name) => testMaterial(name)));
  });
  beforeEach(async () => (target = await haproxyListFixture.create()));
  afterEach(() => target.remove());

  const base = (): string => dirname(target.args.crtList as string);
  const pathOf = (name: string): string => join(base(), "tls", `${name}.pem`);
  const lines = (): string[] =>
    readFileSync(target.args.crtList as string, "utf8")
      .trim()
      .split("\n");
  const argsFor = (name: string, changes: object = {}): Record<string, unknown> => {
    const { check: _, ...args } = target.args;
    return { ...args, certificatePath: pathOf(name), ...changes };
  };
  const contextOf = (name: string) => ({
    host: localHost,
    instance: { id: `${name}-00000001`, resource: `project/stack/${name}` },
  });
  const bring = async (name: string, material: Material, changes: object = {}, as = name): Promise<void> => {
    const spec = kind.parse(argsFor(name, changes), "target");
    await kind.preflight(spec, { host: localHost, resource: `project/stack/${as}` });
    await deploy({ kind, spec, wanted: { material }, context: contextOf(as) });
  };
  const failureOf = async (work: Promise<unknown>): Promise<CertificatesError> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (CertificatesError.is(error)) return error;
    throw new Error("It did not fail.", { cause: error });
  };
  const withdraw = (name: string): Promise<void> => kind.withdraw(kind.parse(argsFor(name), "target"), contextOf(name));
  const served = async (name: string): Promise<string | undefined> => {
    const [sent] = await certificatesSentTo(target.port, "1.3", name);
    return sent && new X509Certificate(sent).fingerprint256.replaceAll(":", "").toLowerCase();
  };
  const expectServed = async (): Promise<void> => {
    const fingerprints = await Promise.all(names.map(served));
    expect(fingerprints).toEqual(members.map(({ fingerprintSha256 }) => fingerprintSha256));
  };
  const bringAll = (): Promise<unknown> => Promise.all(names.map((name, index) => bring(name, members[index]!)));
  const configuration = (): string => join(base(), "haproxy.cfg");

  test("serves new members at once in the same process, and again after the next start", async () => {
    const before = lines();
    await bringAll();
    await expectServed();
    expect(target.ask("show info")).toContain(`Pid: ${String(target.pid)}`);
    expect(lines().slice(0, before.length)).toEqual(before);
    expect(lines().slice(before.length).sort()).toEqual(names.map(pathOf).sort());
    await target.stopServer();
    const restarted = startChild(needs("haproxy").program, ["-db", "-f", configuration()]);
    try {
      await listening(restarted, target.port);
      await expectServed();
      const renewed = await testMaterial(names[0]);
      await bring(names[0]!, renewed);
      expect(await served(names[0]!)).toBe(renewed.fingerprintSha256);
    } finally {
      await restarted.stop("SIGTERM");
    }
  });

  test("a member that is removed is in neither the process nor the list, and HAProxy can start", async () => {
    await bringAll();
    await withdraw(names[1]!);
    expect(lines()).not.toContain(pathOf(names[1]!));
    expect(target.ask("show ssl cert")).not.toContain(pathOf(names[1]!));
    expect(await served(names[0]!)).toBe(members[0]!.fingerprintSha256);
    expect(await served(names[1]!)).not.toBe(members[1]!.fingerprintSha256);
    execFileSync(needs("haproxy").program, ["-c", "-f", configuration()]);
  });

  test("is removed although it does not run, or has the file in several entries", async () => {
    await bringAll();
    target.ask(`add ssl crt-list ${String(target.args.crtList)} ${pathOf(names[0]!)}`);
    await withdraw(names[0]!);
    expect(target.ask("show ssl cert")).not.toContain(pathOf(names[0]!));
    await target.stopServer();
    await withdraw(names[1]!);
    expect(lines()).toEqual(expect.not.arrayContaining([pathOf(names[0]!), pathOf(names[1]!)]) as string[]);
    execFileSync(needs("haproxy").program, ["-c", "-f", configuration()]);
  });

  test("a file that gets another name leaves no line behind that would keep HAProxy from starting", async () => {
    await bring("before", members[0]!, {}, "renamed");
    await bring("after", members[0]!, {}, "renamed");
    expect(lines().slice(-1)).toEqual([pathOf("after")]);
    expect(target.ask("show ssl cert")).not.toContain(pathOf("before"));
    expect(await served(names[0]!)).toBe(members[0]!.fingerprintSha256);
    execFileSync(needs("haproxy").program, ["-c", "-f", configuration()]);
  });

  test("the first one of the list is not removed, and the message says what to do", async () => {
    const other = join(base(), "other.pem");
    const args = { ...argsFor("other"), certificatePath: other, takeOver: true };
    const spec = kind.parse(args, "target");
    const context = contextOf("other");
    const material = await testMaterial("other.example.com");
    await deploy({ kind, spec, wanted: { material }, context });
    const { message } = await failureOf(kind.withdraw(spec, context));
    expect(message).toMatch(/does not remove .*other\.pem, it said: .*default certificate.* put another one first/);
    expect(lines().join()).toContain(other);
    expect(await served("other.example.com")).toBe(material.fingerprintSha256);
  });

  test("a list that no bind line names: an error with the fix, and nothing of it stays", async () => {
    const crtList = join(base(), "unknown.list");
    const { message } = await failureOf(bring(names[0]!, members[0]!, { crtList }));
    expect(message).toContain(`has no crt-list ${crtList}. Name it in a line \`bind … ssl crt-list ${crtList}\``);
    expect(target.ask("show ssl cert")).not.toContain(pathOf(names[0]!));
  });

  test("a line that was taken out by hand is a difference, and comes back without a reload", async () => {
    await bringAll();
    const reloads = target.reloads();
    const text = lines();
    writeFileSync(target.args.crtList as string, `${text.slice(0, -1).join("\n")}\n`);
    const last = text.at(-1)!;
    const name = names.find((one) => pathOf(one) === last)!;
    const spec = kind.parse(argsFor(name), "target");
    const { differences } = await kind.observe(spec, contextOf(name));
    expect(differences).toEqual([`${String(target.args.crtList)} does not name ${last}.`]);
    await bring(name, members[names.indexOf(name)]!);
    expect(lines()).toEqual(text);
    expect(target.reloads()).toBe(reloads);
  });
});
