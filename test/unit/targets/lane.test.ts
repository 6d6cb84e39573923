import type { Lane } from "../../../sdk/targets/lane";
import { Lanes, Slots } from "../../../sdk/targets/lane";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("slots are given in the order in which they are asked for", async () => {
  const slots = new Slots(1);
  const order: number[] = [];
  await slots.take();
  const others = [1, 2, 3].map((number) => slots.take().then(() => order.push(number)));
  for (let turn = 0; turn < 3; turn++) {
    slots.leave();
    await nextTurn();
  }
  await Promise.all(others);
  expect(order).toEqual([1, 2, 3]);
});

/** Deployments in one lane, each of which asks for a step with a key and then works on. */
async function deployments(
  lane: Lane,
  keys: readonly (string | undefined)[],
  run: (key: string | undefined) => Promise<void>,
): Promise<unknown[]> {
  const one = async (key: string | undefined): Promise<void> => {
    await lane.enter();
    try {
      await nextTurn();
      await lane.together(key, () => run(key));
    } finally {
      lane.leave();
    }
  };
  return (await Promise.allSettled(keys.map(one))).map((outcome) =>
    outcome.status === "rejected" ? String(outcome.reason) : "done",
  );
}

test("one reload serves all deployments to a server, one after the other those that need their own", async () => {
  const runs: (string | undefined)[] = [];
  let atOnce = 0;
  const outcomes = await deployments(
    new Lanes(1).of("edge"),
    ["nginx", undefined, "nginx", "apache", undefined],
    async (key) => {
      expect(++atOnce).toBe(1);
      await nextTurn();
      atOnce--;
      runs.push(key);
    },
  );
  expect(outcomes).toEqual(["done", "done", "done", "done", "done"]);
  expect(runs).toEqual(["nginx", undefined, "apache", undefined]);
});

test("a reload that fails fails for those that it served, and no others", async () => {
  const outcomes = await deployments(new Lanes(1).of("edge"), ["nginx", "apache", "nginx"], (key) =>
    key === "nginx" ? Promise.reject(new Error("emerg")) : Promise.resolve(),
  );
  expect(outcomes).toEqual(["Error: emerg", "done", "Error: emerg"]);
});

test("a deployment that failed before the reload does not keep the others from it", async () => {
  const lane = new Lanes(1).of("edge");
  const failing = lane.enter().then(async () => {
    await nextTurn();
    lane.leave();
  });
  const runs: string[] = [];
  const outcomes = await deployments(lane, ["nginx"], async () => void runs.push("reloaded"));
  await failing;
  expect([outcomes, runs]).toEqual([["done"], ["reloaded"]]);
});

test("a host that waits for others gives its slot to the next", async () => {
  const lanes = new Lanes(1);
  const [first, second] = [lanes.of("a"), lanes.of("b")];
  await first.enter();
  const waiting = second.enter();
  first.leave();
  await waiting;
  second.leave();
});
