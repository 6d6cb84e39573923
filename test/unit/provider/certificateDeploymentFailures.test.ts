import { existsSync } from "node:fs";
import { join } from "node:path";
import { OpenServers } from "../../support/openServers";
import { pairIn } from "../../support/targets/files";
import type { TestMaterial } from "../../support/targets/material";
import { served } from "../../support/tlsServer";
import {
  useDeployments,
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
  partial,
  refusing,
} from "../../support/deployments";

useDeployments();

const servers = new OpenServers();

describe("a deployment", () => {
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
