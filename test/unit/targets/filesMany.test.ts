import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy } from "../../../sdk/targets/deploy";
import { filesTarget } from "../../../sdk/targets/files";
import type { Host } from "../../../sdk/targets/hosts/host";
import { localHost } from "../../../sdk/targets/hosts/local";
import type { TargetContext } from "../../../sdk/targets/target";
import { type TestMaterial, testMaterial } from "../../support/targets/material";

let folder: string;
let materials: TestMaterial[];
let steps = 0;

/** This machine, with a count of what is asked of it. */
const host = new Proxy(localHost, {
  get(target, name) {
    const method = target[name as keyof Host] as ((...given: unknown[]) => unknown) | string;
    if (typeof method !== "function") return method;
    return (...given: unknown[]) => {
      steps++;
      return method(...given);
    };
  },
});

const contextOf = (name: string): TargetContext => ({ host, instance: { id: `${name}-0001`, resource: name } });
const specOf = (name: string, onDelete = "leave"): ReturnType<typeof filesTarget.parse> =>
  filesTarget.parse(
    { kind: "files", directory: join(folder, "tls"), files: { [`${name}.pem`]: "combined" }, onDelete },
    "target",
  );

async function counted(work: () => Promise<unknown>): Promise<number> {
  steps = 0;
  await work();
  return steps;
}

const bring = (name: string, index: number): Promise<number> =>
  counted(() => {
    const wanted = { material: materials[index] as TestMaterial };
    return deploy({ kind: filesTarget, spec: specOf(name), wanted, context: contextOf(name) });
  });

beforeAll(async () => {
  materials = [await testMaterial(), await testMaterial()];
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "many-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a deployment costs as many steps among twelve others in its directory as alone", async () => {
  // From the third on there is an older revision to remove.
  for (const index of [0, 1]) await bring("web", index);
  const alone = await bring("web", 0);
  for (let index = 0; index < 12; index++) await bring(`other-${index}`, 0);
  expect(await bring("web", 1)).toBe(alone);
});

test("ending a deployment looks at its own names only, and takes away what it left before", async () => {
  await bring("first", 0);
  const end = (name: string): Promise<number> =>
    counted(() => filesTarget.withdraw(specOf(name, "remove"), contextOf(name)));
  await bring("web", 0);
  const alone = await end("web");
  for (let index = 0; index < 12; index++) await bring(`other-${index}`, 0);
  await bring("web", 0);
  expect(await end("web")).toBe(alone);
  expect(readdirSync(join(folder, "tls"))).not.toContain("web.pem");
  expect(readdirSync(join(folder, "tls"))).toContain("other-11.pem");
});

test("the home of a resource that is gone goes once another one has taken its name", async () => {
  await bring("web", 0);
  await bring("other", 0);
  await filesTarget.withdraw(specOf("web"), contextOf("web"));
  const homes = (): string[] => readdirSync(join(folder, "tls", ".pulumi-certificates")).sort();
  await bring("other", 1);
  expect(homes()).toEqual([expect.stringMatching(/^\.created-/), ".released", "other-0001", "web-0001"]);
  const heir = { host, instance: { id: "heir-0001", resource: "heir" } };
  const wanted = { material: materials[1] as TestMaterial };
  await deploy({ kind: filesTarget, spec: specOf("web"), wanted, context: heir });
  expect(homes()).toEqual([expect.stringMatching(/^\.created-/), ".released", "heir-0001", "other-0001"]);
  expect(readdirSync(join(folder, "tls", ".pulumi-certificates", ".released"))).toEqual([]);
});
