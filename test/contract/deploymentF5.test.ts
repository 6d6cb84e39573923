import {
  type Properties,
  args,
  check,
  create,
  fresh,
  isDue,
  old,
  provider,
  update,
  useDeployments,
} from "../support/deployments";
import { type F5TestTarget, f5Fixture } from "../support/targets/f5";
import type { TestMaterial } from "../support/targets/material";

useDeployments();

let bigIp: F5TestTarget;

beforeEach(async () => (bigIp = await f5Fixture.create()));
afterEach(() => bigIp.remove());
afterAll(() => f5Fixture.end());

/** What the resource class sends: the password beside the rest. */
const given = (material: TestMaterial, more: Properties = {}): Properties => {
  const { password, ...target } = bigIp.args;
  const { credentials, ...rest } = args(material) as { credentials: Properties };
  return { ...rest, target, credentials: { ...credentials, target: { "/password": password } }, ...more };
};
/** As in a process that was given it by its environment. */
const withPassword = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  process.env.BIGIP_PASSWORD = bigIp.args.password as string;
  try {
    return await work();
  } finally {
    delete process.env.BIGIP_PASSWORD;
  }
};

test("keeps no credential, and is verified by what the virtual server serves", async () => {
  const endpoints = [{ address: "127.0.0.1", port: bigIp.port, serverName: "web.example.com" }];
  const first = await create(given(old, { endpoints }));
  expect(JSON.stringify([first.news, first.outs])).not.toContain(bigIp.args.password);
  const { outs } = await update(first, given(fresh, { endpoints }));
  expect(outs).toMatchObject({
    deployedFingerprint: fresh.fingerprintSha256,
    previousFingerprint: old.fingerprintSha256,
    status: "deployed",
  });
  expect(await bigIp.served()).toBe(fresh.fingerprintSha256);
  const back = await update({ ...first, outs }, given(fresh, { endpoints, revision: "previous" }));
  expect(back.outs).toMatchObject({ status: "rolledBack", deployedFingerprint: old.fingerprintSha256 });
  expect(await bigIp.served()).toBe(old.fingerprintSha256);
});

test("a preview names the profile and what is done to it, and refuses waves", async () => {
  const before = await create(given(old));
  const { changes } = await check(given(fresh), before.news);
  expect(JSON.stringify(changes)).toContain(`${bigIp.bigIp.address}${bigIp.profile} (`);
  expect(JSON.stringify(changes)).toContain(`changes ${bigIp.profile} in one transaction`);
  expect(JSON.stringify(changes)).not.toContain("this machine");
  await expect(check(given(fresh, { waves: [[{ kind: "local" }]] }))).rejects.toThrow(
    "f5 is reached at its own address from the machine that runs Pulumi, not through hosts.",
  );
});

test("a refresh finds what was changed by hand; without credentials it says that it could not look", async () => {
  const before = await create(given(old));
  bigIp.damage();
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  const unseen = await provider.read(before.id, before.outs);
  write.mockRestore();
  expect(lines.join("")).toMatch(/could not be looked at: There are no credentials for .*BIGIP_PASSWORD/);
  expect(unseen.props).toMatchObject({ deployedFingerprint: old.fingerprintSha256 });
  expect(unseen.props).not.toHaveProperty("drift");
  const seen = await withPassword(() => provider.read(before.id, before.outs));
  expect(seen.props).toMatchObject({ drift: [expect.stringContaining(`${bigIp.profile} does not use`)] });
  const after = { id: before.id, news: seen.inputs as Properties, outs: seen.props as Properties };
  expect(await isDue(after, given(old))).toBe(true);
  await update(after, given(old));
  expect(await bigIp.served()).toBe(old.fingerprintSha256);
});

test("a deletion needs credentials only for what is to be removed", async () => {
  const before = await create(given(old));
  await expect(provider.delete(before.id, before.outs)).rejects.toThrow(/BIGIP_PASSWORD/);
  expect(await bigIp.served()).toBe(old.fingerprintSha256);
  await withPassword(() => provider.delete(before.id, before.outs));
  expect(bigIp.left()).toBe(false);
});
