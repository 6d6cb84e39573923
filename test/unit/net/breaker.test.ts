import fc from "fast-check";
import { type Blame, CircuitBreakers, CircuitOpen } from "../../../sdk/net/breaker";

let at: number;
let breakers: CircuitBreakers;
beforeEach(() => {
  at = Date.UTC(2027, 0, 1);
  breakers = new CircuitBreakers({ failures: 3, openFor: 60_000, longest: 200_000 }, () => at);
});

const key = "https://ca.test";
const fail = (whose: Blame, on = key): Promise<unknown> =>
  breakers
    .run(
      on,
      () => Promise.reject(new Error("HTTP 500")),
      () => whose,
    )
    .catch((error: unknown) => error);
const succeed = (on = key): Promise<unknown> =>
  breakers.run(
    on,
    () => Promise.resolve("ok"),
    () => "theirs",
  );
const isOpen = (): boolean => breakers.blocked(key) !== undefined;
async function open(): Promise<void> {
  for (let each = 0; each < 3; each++) await fail("theirs");
}

describe("a circuit", () => {
  test("opens after three failures in a row that are the other side's own fault, for this key only", async () => {
    await fail("theirs");
    await fail("theirs");
    expect(isOpen()).toBe(false);
    await fail("theirs");
    expect(isOpen()).toBe(true);
    const work = jest.fn();
    await expect(breakers.run(key, work, () => "theirs")).rejects.toThrow(
      "https://ca.test was not asked: it failed 3 times in a row, and is tried again after 2027-01-01T00:01:00.000Z. Last failure: HTTP 500",
    );
    expect(work).not.toHaveBeenCalled();
    expect(await succeed("https://other.test")).toBe("ok");
  });

  test("stays closed however often a DNS record is wrong, or the run is ended", async () => {
    for (let each = 0; each < 20; each++)
      expect(await fail(each % 2 === 0 ? "notTheirs" : "unknown")).not.toBeInstanceOf(CircuitOpen);
    expect(isOpen()).toBe(false);
  });

  it.each<[string, () => Promise<unknown>, boolean]>([
    ["a success", () => succeed(), false],
    ["a refusal with good reason", () => fail("notTheirs"), false],
    ["an ended run", () => fail("unknown"), true],
  ])("counts failures in a row: %s between them", async (_what, between, expected) => {
    await fail("theirs");
    await fail("theirs");
    await between();
    await fail("theirs");
    expect(isOpen()).toBe(expected);
  });

  test("lets one through after its time, and closes if that works", async () => {
    await open();
    at += 60_000;
    let finish = (_value: string): void => undefined;
    const probe = breakers.run(
      key,
      () => new Promise<string>((resolve) => (finish = resolve)),
      () => "theirs",
    );
    expect(isOpen()).toBe(true);
    await expect(succeed()).rejects.toBeInstanceOf(CircuitOpen);
    finish("works");
    expect(await probe).toBe("works");
    await fail("theirs");
    expect(isOpen()).toBe(false);
  });

  test("stays open twice as long each time it still fails, up to the longest", async () => {
    await open();
    for (const wait of [60_000, 120_000, 200_000, 200_000]) {
      at += wait - 1;
      expect(isOpen()).toBe(true);
      at += 1;
      expect(isOpen()).toBe(false);
      await fail("theirs");
    }
  });

  test("is asked again by the next one if the run of the one that found out was ended", async () => {
    await open();
    at += 60_000;
    await fail("unknown");
    expect(isOpen()).toBe(false);
    expect(await succeed()).toBe("ok");
  });

  test("is not kept open for longer by requests that were under way when it opened", async () => {
    let failNow = (_error: Error): void => undefined;
    const late = breakers.run(
      key,
      () => new Promise((_resolve, reject) => (failNow = reject)),
      () => "theirs",
    );
    await open();
    at += 30_000;
    failNow(new Error("HTTP 502"));
    await expect(late).rejects.toThrow("HTTP 502");
    at += 30_000;
    expect(isOpen()).toBe(false);
  });

  test("never keeps a side that works from being asked for longer than the longest time", async () => {
    const step = fc.tuple(fc.constantFrom<Blame | "ok">("ok", "theirs", "notTheirs", "unknown"), fc.nat(100_000));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const all = new CircuitBreakers({ failures: 3, openFor: 60_000, longest: 200_000 }, () => at);
        for (const [what, pause] of steps) {
          const work = (): Promise<string> => (what === "ok" ? Promise.resolve("ok") : Promise.reject(new Error("no")));
          await all.run(key, work, () => what as Blame).catch(() => undefined);
          at += pause;
        }
        at += 200_000;
        expect(
          await all.run(
            key,
            () => Promise.resolve("works"),
            () => "theirs",
          ),
        ).toBe("works");
      }),
    );
  });
});
