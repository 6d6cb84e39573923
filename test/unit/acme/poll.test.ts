import { poll } from "../../../sdk/acme/poll";

describe("asking until there is a result", () => {
  const tooLong = (): Error => new Error("too long");

  test("shows nothing of a wait that nobody would notice", async () => {
    const shown: number[] = [];
    const answers = [{}, { result: "done" }];
    const waiting = (seconds: number) => shown.push(seconds);
    const { signal } = new AbortController();
    await expect(poll({ signal, limitMs: 60_000, waiting, tooLong }, async () => answers.shift()!)).resolves.toBe(
      "done",
    );
    expect(shown).toEqual([]);
  });

  test.each([
    ["30", 30],
    ["3600", 60],
  ])("shows that a server wants to be asked in %s s, and asks in %d s", async (retryAfter, seconds) => {
    const run = new AbortController();
    const shown: number[] = [];
    const waiting = (next: number): void => {
      shown.push(next);
      run.abort();
    };
    const ask = jest.fn();
    await expect(
      poll({ signal: run.signal, limitMs: 120_000, retryAfter, waiting, tooLong }, ask),
    ).rejects.toMatchObject({ failureClass: "retryLater" });
    expect(shown).toEqual([seconds]);
    expect(ask).not.toHaveBeenCalled();
  });

  test("ends before a wait that leads beyond the limit", async () => {
    const { signal } = new AbortController();
    const ask = jest.fn();
    await expect(poll({ signal, limitMs: 20_000, retryAfter: "30", tooLong }, ask)).rejects.toThrow("too long");
    expect(ask).not.toHaveBeenCalled();
  });
});
