import type { Challenge } from "../../../sdk/acme/challenge";
import type { Prove } from "../../../sdk/acme/challenges";
import type { Journal, JournalEntry } from "../../../sdk/acme/journal";
import { answerRecord } from "../../../sdk/issuers/acmeAnswers";
import { parseSolvers } from "../../../sdk/solvers/select";

type Entry = Omit<JournalEntry, "writtenAt">;

/** A journal whose disk takes a while. */
function slowJournal(failWith?: Error): { journal: Journal; written: Entry[]; onDisk: () => string[] } {
  const written: Entry[] = [];
  let stored: Entry | undefined;
  const journal: Partial<Journal> = {
    write: async (entry) => {
      written.push(entry);
      await new Promise(setImmediate);
      if (failWith !== undefined) throw failWith;
      stored = entry;
    },
  };
  return {
    journal: journal as Journal,
    written,
    onDisk: () => stored?.answers.map(({ challenge }) => challenge.identifier.value) ?? [],
  };
}

const challengeOf = (value: string): Challenge => ({
  type: "http-01",
  identifier: { type: "dns", value },
  wildcard: false,
  token: value,
  keyAuthorization: `${value}.thumbprint`,
  digest: "",
  accountUrl: "https://ca.example/account/1",
});
const order = { orderUrl: "https://ca.example/order/1", csrDer: "" };
const solvers = parseSolvers([{ http01: { kind: "standalone" } }], "solvers");
const names = Array.from({ length: 50 }, (_, index) => `n${index}.example`);

describe("the record of answers that may be in place", () => {
  it("holds each answer before it is put in place, and is not written once for each", async () => {
    const { journal, written, onDisk } = slowJournal();
    const record = answerRecord(journal, { csrDer: "" });
    await record.begin(order);
    const prove: Prove = ([challenge]) => {
      expect(onDisk()).toContain(challenge?.identifier.value);
      return Promise.resolve({ challenge } as Awaited<ReturnType<Prove>>);
    };
    const recorded = record.recorded(solvers, prove);
    const first = names.slice(0, 10).map((name) => recorded([challengeOf(name)]));
    await new Promise(setImmediate);
    await Promise.all([...first, ...names.slice(10).map((name) => recorded([challengeOf(name)]))]);
    expect(onDisk()).toEqual(names);
    expect(written.length).toBeLessThanOrEqual(4);
  });

  it("puts no answer in place that could not be written down", async () => {
    const full = new Error("no space is left");
    const { journal } = slowJournal(full);
    const record = answerRecord(journal, order);
    const prove = jest.fn();
    const recorded = record.recorded(solvers, prove);
    const all = await Promise.allSettled(names.map((name) => recorded([challengeOf(name)])));
    await expect(recorded([challengeOf("later.example")])).rejects.toBe(full);
    expect(all.every((one) => one.status === "rejected")).toBe(true);
    expect(prove).not.toHaveBeenCalled();
  });
});
