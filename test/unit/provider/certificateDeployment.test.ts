import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unknown } from "../../../sdk/provider/unknown";
import { pairIn } from "../../support/targets/files";
import { testMaterial } from "../../support/targets/material";
import {
  useDeployments,
  type Properties,
  provider,
  old,
  fresh,
  base,
  directory,
  target,
  args,
  check,
  create,
  update,
  isDue,
} from "../../support/deployments";

useDeployments();

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
