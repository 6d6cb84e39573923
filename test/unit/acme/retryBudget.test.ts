import { AcmeError } from "../../../sdk/acme/problem";
import { RetryBudget } from "../../../sdk/acme/retryBudget";

const failing = (failureClass: AcmeError["failureClass"], details: AcmeError["details"] = {}): AcmeError =>
  new AcmeError("it failed", failureClass, details);

describe("the retry budget", () => {
  const { signal } = new AbortController();

  it("is shared by all that waits, counted once for the same time", async () => {
    const budget = new RetryBudget(1_200, signal);
    const once = () => {
      let calls = 0;
      return budget.run(async () => {
        if (++calls === 1) throw failing("retryLater", { retryAt: Date.now() + 500 });
        return calls;
      });
    };
    expect(await Promise.all(Array.from({ length: 20 }, once))).toEqual(new Array(20).fill(2));
    await expect(
      budget.run(async () => Promise.reject(failing("retryLater", { retryAt: Date.now() + 900 }))),
    ).rejects.toThrow();
  });

  it.each([
    ["a limit without a time", failing("retryLater", { isIssuersFault: false })],
    ["a limit beyond it", failing("retryLater", { retryAt: Date.now() + 3_600_000 })],
    ["an order that is not ready", failing("retryNow")],
    ["a spent order", failing("newOrder", { isIssuersFault: true })],
    ["a refusal", failing("nextIssuer", { isIssuersFault: true })],
    ["an error of the package", new Error("it failed")],
  ])("does not repeat after %s", async (_what, error) => {
    let calls = 0;
    const attempt = async () => {
      calls += 1;
      throw error;
    };
    await expect(new RetryBudget(60_000, signal).run(attempt)).rejects.toBe(error);
    expect(calls).toBe(1);
  });

  it("tells an attempt what failed before it, and ends with the run", async () => {
    const error = failing("retryLater", { isIssuersFault: true });
    const seen: unknown[] = [];
    const run = new AbortController();
    const budget = new RetryBudget(60_000, run.signal);
    await expect(
      budget.run(async (before) => {
        seen.push(before);
        if (seen.length === 3) run.abort();
        throw error;
      }),
    ).rejects.toBe(error);
    expect(seen).toEqual([undefined, error, error]);
  });
});
