import { deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import type { Material } from "../../sdk/targets/target";
import { needs } from "../support/requirements";
import { seededRandom } from "../support/seededRandom";
import { filesFixture } from "../support/targets/files";
import type { TargetFixture, TestTarget } from "../support/targets/fixture";
import { fixtures } from "../support/targets/fixtures";
import { type Moment, deployElsewhere, deployUntil, killedId } from "../support/targets/killedDeployment";
import { testMaterial } from "../support/targets/material";

/** Repeat a failure with `KILL_SEED=<the seed that was printed>`. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const random = seededRandom(seed);
const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

/** Before each change. */
const everyMoment = (changes: readonly string[]): Moment[] =>
  changes.map((_, index) => ({ killAt: index + 1, during: false }));

/** Half of them while a command runs, if there is any. */
function randomMoments(changes: readonly string[], count: number): Moment[] {
  const all = changes.map((name, index) => ({ name, killAt: index + 1 }));
  const commands = all.filter(({ name }) => name === "run");
  return Array.from({ length: count }, (_, index): Moment => {
    if (index % 2 === 0 && commands.length > 0) return { killAt: oneOf(commands).killAt, during: true };
    return { killAt: oneOf(all).killAt, during: random() < 0.5 };
  });
}

/** Works for each moment, so many at once. */
async function forEach(
  moments: readonly Moment[],
  atOnce: number,
  work: (moment: Moment) => Promise<void>,
): Promise<void> {
  const left = [...moments];
  const worker = async (): Promise<void> => {
    for (let moment = left.shift(); moment !== undefined; moment = left.shift()) await work(moment);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const describeTarget = (fixture: TargetFixture) => (): void => {
  const { kind } = fixture;
  // All targets that are files change them in one way; each has commands of its own.
  const isFiles = fixture === filesFixture;
  const momentsOf = (changes: readonly string[], count: number): Moment[] =>
    isFiles ? [...everyMoment(changes), ...randomMoments(changes, count)] : randomMoments(changes, count);
  const atOnce = isFiles ? 2 : 1;
  const targets = new Set<TestTarget>();
  let old: Material;
  let fresh: Material;
  /** What a first deployment and a rotation change. */
  let first: string[];
  let rotation: string[];

  beforeAll(async () => {
    const material = fixture.material ?? testMaterial;
    old = await material();
    fresh = await material();
    const target = await fixture.create();
    first = await deployElsewhere(target, old);
    rotation = await deployElsewhere(target, fresh);
    await target.remove();
  });
  const remove = async (target: TestTarget): Promise<void> => {
    targets.delete(target);
    await target.remove();
  };
  afterEach(async () => {
    for (const target of targets) await remove(target);
  });
  afterAll(() => fixture.end?.());

  const create = async (): Promise<TestTarget> => {
    const target = await fixture.create();
    targets.add(target);
    return target;
  };
  const bring = async (target: TestTarget, material: Material): Promise<void> => {
    const spec = kind.parse(target.args, "target");
    const context = { host: localHost, instance: { id: killedId, resource: "project/stack/web" } };
    const deployed = await deploy({ kind, spec, wanted: { material }, context });
    expect(deployed.current.fingerprintSha256).toBe(material.fingerprintSha256);
    expect(target.stored()).toBe(material.fingerprintSha256);
    expect(await target.served()).toBe(material.fingerprintSha256);
    expect(target.leftovers()).toEqual([]);
    expect(await kind.observe(spec, context)).toMatchObject({ differences: [], interrupted: false });
  };

  test("a first deployment: the next run completes it", async () => {
    await forEach(momentsOf(first, 2), atOnce, async (moment) => {
      const target = await create();
      await deployUntil(target, fresh, moment);
      await bring(target, fresh);
      await remove(target);
    });
  });

  /** Kills rotations, and has the next run bring another certificate or the same. */
  const rotate = async (count: number, next: () => Material): Promise<void> => {
    const either = [old.fingerprintSha256, fresh.fingerprintSha256];
    const seen = new Set<string | undefined>();
    await forEach(momentsOf(rotation, count), atOnce, async (moment) => {
      const target = await create();
      await bring(target, old);
      await deployUntil(target, fresh, moment);
      expect(either).toContain(target.stored());
      expect(either).toContain(await target.served());
      seen.add(target.stored());
      await bring(target, next());
      await remove(target);
    });
    if (isFiles) expect(seen).toEqual(new Set(either));
  };

  test("a rotation: the old certificate or the new one, with its own key, and the next run completes it", () =>
    rotate(3, () => fresh));

  test("a rotation that is then given up: the server has the old certificate again", () => rotate(2, () => old));
};

for (const fixture of fixtures) {
  const where = fixture.needs === undefined ? { describe } : needs(fixture.needs);
  const title = fixture === filesFixture ? "before each change, and at random moments" : "at random moments";
  const name = [fixture.kind.kind, fixture.variant].filter(Boolean).join(" ");
  where.describe(`${name}, killed with SIGKILL ${title} (seed ${seed})`, describeTarget(fixture));
}
