import { PendingChanges } from "../../../../sdk/solvers/cloud/pendingChanges";
import type { SolverContext } from "../../../../sdk/solvers/solver";

describe("a change that a service has accepted", () => {
  const service = { name: "Example DNS", rights: "Give it the right.", secrets: [] };
  const context: SolverContext = { signal: new AbortController().signal, report: () => undefined };
  const asked: string[] = [];
  const doneAfter = (questions: number) =>
    new PendingChanges(service, async (id) => {
      asked.push(id);
      return asked.length >= questions;
    });
  beforeEach(() => void (asked.length = 0));

  test("is asked about until it is done, and then no more", async () => {
    const pending = doneAfter(2);
    pending.started("value", "change-1");
    await pending.settle("value", 30_000, context);
    await pending.settle("value", 30_000, context);
    expect(asked).toEqual(["change-1", "change-1"]);
  });

  test("is not asked about where there was none to make, or it was taken back", async () => {
    const pending = doneAfter(1);
    pending.started("there already", undefined);
    pending.started("value", "change-1");
    pending.forget("value");
    for (const value of ["there already", "value", "never seen"]) await pending.settle(value, 30_000, context);
    expect(asked).toEqual([]);
  });

  test("that takes too long is left to the next run", async () => {
    const pending = doneAfter(99);
    pending.started("value", "change-1");
    await expect(pending.settle("value", 900, context)).rejects.toMatchObject({
      failureClass: "retryLater",
      message: expect.stringContaining(
        "Example DNS did not bring the TXT record to its servers: the change is still pending after 1 s.",
      ),
    });
    expect(asked.length).toBeGreaterThan(0);
  });

  test("is asked about no more when the run ends", async () => {
    const run = new AbortController();
    const pending = new PendingChanges(service, async () => {
      run.abort();
      return false;
    });
    pending.started("value", "change-1");
    await expect(pending.settle("value", 30_000, { ...context, signal: run.signal })).rejects.toThrow(/run ended/);
  });
});
