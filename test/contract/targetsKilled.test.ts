import { spawn } from "node:child_process";
import { join } from "node:path";
import { deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import type { Material } from "../../sdk/targets/target";
import type { DeployRequest } from "../support/targets/deployProcess";
import { filesFixture } from "../support/targets/files";
import type { TestTarget } from "../support/targets/fixture";
import { testMaterial } from "../support/targets/material";

const support = join(__dirname, "..", "support");
const id = "web-00000001";
/** More than any deployment makes. */
const never = 1_000_000;

/** Deploys in another process; the number of changes it made, or undefined if it was killed. */
function deployElsewhere(target: TestTarget, material: Material, killAt: number): Promise<number | undefined> {
  const request: DeployRequest = { args: target.args, material, id, killAt };
  const script = join(support, "targets", "deployProcess.ts");
  const child = spawn(process.execPath, ["-r", join(support, "typescript.cjs"), script, JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("close", (code, signal) => {
      if (code === 0) resolve(Number(output));
      else if (signal === "SIGKILL") resolve(undefined);
      else reject(new Error(`The deployment ended with ${code ?? signal}.`));
    });
  });
}

/** Runs the work for 1 to `last`, two at a time. */
async function forEachStep(last: number, work: (killAt: number) => Promise<void>): Promise<void> {
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= last) await work(next++);
  };
  await Promise.all([worker(), worker()]);
}

describe.each([[filesFixture.kind.kind, filesFixture] as const])(
  "%s, killed with SIGKILL before each of its changes",
  (_name, fixture) => {
    const { kind } = fixture;
    const targets: TestTarget[] = [];
    let old: Material;
    let fresh: Material;

    beforeAll(async () => {
      old = await testMaterial();
      fresh = await testMaterial();
    });
    afterEach(async () => {
      for (const target of targets.splice(0)) await target.remove();
    });

    const create = (): TestTarget => {
      const target = fixture.create();
      targets.push(target);
      return target;
    };
    const bring = async (target: TestTarget, material: Material): Promise<void> => {
      const spec = kind.parse(target.args, "target");
      const context = { host: localHost, instance: { id, resource: "project/stack/web" } };
      const deployed = await deploy({ kind, spec, wanted: { material }, context });
      expect(deployed.current.fingerprintSha256).toBe(material.fingerprintSha256);
      expect(target.stored()).toBe(material.fingerprintSha256);
      expect(await target.served()).toBe(material.fingerprintSha256);
      expect(target.leftovers()).toEqual([]);
      expect(await kind.observe(spec, context)).toMatchObject({ differences: [], interrupted: false });
    };

    test("a first deployment: the next run completes it", async () => {
      const changes = (await deployElsewhere(create(), fresh, never)) as number;
      expect(changes).toBeGreaterThan(10);
      await forEachStep(changes, async (killAt) => {
        const target = create();
        expect(await deployElsewhere(target, fresh, killAt)).toBeUndefined();
        await bring(target, fresh);
      });
    });

    test("a rotation: always a certificate with its own key, and the next run completes it", async () => {
      const first = create();
      await bring(first, old);
      const changes = (await deployElsewhere(first, fresh, never)) as number;
      const seen = new Set<string | undefined>();
      await forEachStep(changes, async (killAt) => {
        const target = create();
        await bring(target, old);
        expect(await deployElsewhere(target, fresh, killAt)).toBeUndefined();
        seen.add(target.stored());
        await bring(target, fresh);
      });
      expect(seen).toEqual(new Set([old.fingerprintSha256, fresh.fingerprintSha256]));
    });

    test("a rotation that is then given up: the server has the old certificate again", async () => {
      const first = create();
      await bring(first, old);
      const changes = (await deployElsewhere(first, fresh, never)) as number;
      await forEachStep(changes, async (killAt) => {
        const target = create();
        await bring(target, old);
        expect(await deployElsewhere(target, fresh, killAt)).toBeUndefined();
        await bring(target, old);
      });
    });
  },
);
