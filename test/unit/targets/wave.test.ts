import { CertificatesError } from "../../../sdk/errors";
import { Lanes } from "../../../sdk/targets/lane";
import { bringWave } from "../../../sdk/targets/wave";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Trial {
  readonly log: string[];
  readonly outcomes: Record<string, unknown>;
  readonly most: number;
}

async function tried(
  hosts: readonly string[],
  {
    concurrency = 10,
    fails = {},
    verify = () => Promise.resolve(),
  }: { concurrency?: number; fails?: Record<string, string>; verify?: () => Promise<void> } = {},
): Promise<Trial> {
  const log: string[] = [];
  let [active, most] = [0, 0];
  const lanes = new Lanes(concurrency);
  const outcomes = await bringWave(hosts, {
    name: (host) => host,
    lane: (host) => lanes.of(host),
    bring: async (host, served) => {
      most = Math.max(most, ++active);
      try {
        await nextTurn();
        if (fails[host] === "before") throw new Error("disk full");
        log.push(`${host} switched`);
        active--;
        try {
          await served();
        } finally {
          active++;
        }
        log.push(`${host} confirmed`);
        return host.toUpperCase();
      } catch (error) {
        if (fails[host] !== "before") log.push(`${host} back`);
        throw error;
      } finally {
        active--;
      }
    },
    verify: async () => {
      log.push("verified");
      await verify();
    },
  });
  const told = [...outcomes].map(([host, outcome]) => [
    host,
    "result" in outcome ? outcome.result : String(outcome.error),
  ]);
  return { log, outcomes: Object.fromEntries(told), most };
}

test("all hosts are switched before the wave is verified, once, and confirmed after it", async () => {
  const { log, outcomes } = await tried(["a", "b", "c"]);
  expect(log).toEqual([
    "a switched",
    "b switched",
    "c switched",
    "verified",
    "a confirmed",
    "b confirmed",
    "c confirmed",
  ]);
  expect(outcomes).toEqual({ a: "A", b: "B", c: "C" });
});

test("no more hosts are in work than allowed, although all of them wait for the last", async () => {
  const { log, most } = await tried(["a", "b", "c", "d", "e"], { concurrency: 2 });
  expect(most).toBe(2);
  expect(log.filter((line) => line.endsWith("confirmed"))).toHaveLength(5);
  expect(log.indexOf("verified")).toBe(5);
});

test("one that fails takes the others of its wave back, and nothing is verified", async () => {
  const { log, outcomes } = await tried(["a", "b", "c"], { fails: { b: "before" } });
  expect(log.sort()).toEqual(["a back", "a switched", "c back", "c switched"]);
  expect(outcomes).toEqual({
    a: "Error: b, of the same wave, failed.",
    b: "Error: disk full",
    c: "Error: b, of the same wave, failed.",
  });
});

test("hosts that had not begun when one failed are left as they are", async () => {
  const { log, outcomes } = await tried(["a", "b", "c"], { concurrency: 1, fails: { a: "before" } });
  expect(log).toEqual([]);
  expect(outcomes).toMatchObject({ b: "Error: a, of the same wave, failed." });
});

test("a wave that does not serve what it should goes back as a whole", async () => {
  const verify = (): Promise<void> => Promise.reject(new Error("a serves the old one"));
  const { log, outcomes } = await tried(["a", "b"], { verify });
  expect(log).toEqual(["a switched", "b switched", "verified", "a back", "b back"]);
  expect(outcomes).toEqual({ a: "Error: The wave does not serve it.", b: "Error: a serves the old one" });
});

test("none goes back once the engine is gone", async () => {
  const gone = new CertificatesError("EngineGone", "The engine is gone.");
  const { outcomes } = await tried(["a", "b"], { verify: () => Promise.reject(gone) });
  expect(outcomes).toEqual({ a: String(gone), b: String(gone) });
});
