import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairIn } from "../../support/targets/files";
import {
  type Properties,
  type State,
  args,
  create,
  directory,
  fresh,
  isDue,
  old,
  provider,
  target,
  update,
  useDeployments,
} from "../../support/deployments";
import type { TestMaterial } from "../../support/targets/material";

useDeployments();

const waves = [[{ kind: "local" }]];
const given = (material: TestMaterial, more: Properties = {}): Properties => args(material, { waves, ...more });
const unreachable = [{ address: "127.0.0.1", port: 1 }];

test("other endpoints are verified, although every host has the certificate", async () => {
  const before = await create(given(old));
  const more = { endpoints: unreachable, timeout: "1s" };
  expect(await isDue(before, given(old, more))).toBe(true);
  await expect(update(before, given(old, more))).rejects.toThrow(/Wave 1 failed; 0 of 1 hosts/);
});

test("a keystore is written again when its password changes", async () => {
  const withPassword = (password: string): Properties => {
    const { credentials, ...rest } = given(old) as { credentials: Properties };
    const files = { "web.p12": { kind: "pkcs12", encryption: "modern", alias: "web" } };
    return {
      ...rest,
      target: target({ files }),
      credentials: { ...credentials, target: { "/files/web.p12/password": password } },
    };
  };
  const before = await create(withPassword("first password"));
  const written = readFileSync(join(directory, "web.p12"));
  expect(await isDue(before, withPassword("other password"))).toBe(true);
  const after = await update(before, withPassword("other password"));
  expect(readFileSync(join(directory, "web.p12")).equals(written)).toBe(false);
  expect(await isDue(after, withPassword("other password"))).toBe(false);
});

test("a host that went back stays there, whatever is put right on it", async () => {
  const both = await update(await create(given(old)), given(fresh));
  const back = await update(both, given(fresh, { revision: "previous" }));
  expect(pairIn(directory)).toBe(old.fingerprintSha256);
  rmSync(join(directory, "fullchain.pem"));
  writeFileSync(join(directory, "fullchain.pem"), "changed by hand");
  const { props, inputs } = (await provider.read(back.id, back.outs)) as { props: Properties; inputs: Properties };
  expect(props.drift).toHaveLength(1);
  const drifted: State = { id: back.id, news: inputs, outs: props };
  await update(drifted, given(fresh, { revision: "previous" }));
  expect(pairIn(directory)).toBe(old.fingerprintSha256);
});
