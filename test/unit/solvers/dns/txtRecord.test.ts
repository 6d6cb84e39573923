import { parseDnsArgs } from "../../../../sdk/solvers/dns/options";
import { type TxtService, recordNames, txtSolver } from "../../../../sdk/solvers/dns/txtRecord";
import { type DnsServer, startDnsServer } from "../../../support/dnsServer";
import { testChallenge } from "../../../support/solvers/fixture";

let resolver: DnsServer;
beforeAll(async () => {
  resolver = await startDnsServer(() => ({ responseCode: 3 }));
});
afterAll(() => resolver.close());

const lines: string[] = [];
const context = { signal: new AbortController().signal, report: (line: string) => void lines.push(line) };
const spec = () => ({ dns: parseDnsArgs({ resolvers: [resolver.text], checkPropagation: false }, "dns01") });
const nothing = async (): Promise<void> => undefined;
const solver = (service: Partial<TxtService<ReturnType<typeof spec>>>) =>
  txtSolver({ add: nothing, remove: nothing, ...service });

test("a service that is read, changed and written is not lost to a race at one name", async () => {
  let stored: readonly string[] = [];
  const change = async (next: (values: readonly string[]) => readonly string[]): Promise<void> => {
    const read = stored;
    await new Promise((resolve) => setImmediate(resolve));
    stored = next(read);
  };
  const service = solver({
    add: (_, { value }) => change((values) => [...values, value]),
    remove: (_, { value }) => change((values) => values.filter((other) => other !== value)),
  });
  const challenges = Array.from({ length: 20 }, () => testChallenge("dns-01", "a.example.com"));
  const answers = await Promise.all(challenges.map((each) => service.present(spec(), each, context)));
  expect([...stored].sort()).toEqual(challenges.map(({ digest }) => digest).sort());
  await Promise.all(answers.map((answer) => answer.remove()));
  expect(stored).toEqual([]);
});

test("a failure of which nobody knows whether it came after the change leaves no record behind", async () => {
  const stored = new Set<string>();
  const service = solver({
    async add(_, { value }) {
      stored.add(value);
      throw new Error("the answer was lost");
    },
    remove: async (_, { value }) => void stored.delete(value),
  });
  await expect(service.present(spec(), testChallenge("dns-01", "a.example.com"), context)).rejects.toThrow(
    "the answer was lost",
  );
  expect(stored.size).toBe(0);
});

test("what may be left behind is told, and the first failure is the one that counts", async () => {
  const fail = (message: string) => () => Promise.reject(new Error(message));
  lines.length = 0;
  const service = solver({ add: fail("no rights"), remove: fail("no rights to delete either") });
  await expect(service.present(spec(), testChallenge("dns-01", "a.example.com"), context)).rejects.toThrow("no rights");
  expect(lines).toEqual([
    "_acme-challenge.a.example.com: what was added may be left there: no rights to delete either",
  ]);
});

test("a record is removed although the run has been ended", async () => {
  const stored = new Set<string>();
  const service = solver({
    add: async (_, { value }) => void stored.add(value),
    async remove(_, { value }, { signal }) {
      signal.throwIfAborted();
      stored.delete(value);
    },
  });
  const run = new AbortController();
  const ending = { ...context, signal: run.signal };
  const answer = await service.present(spec(), testChallenge("dns-01", "a.example.com"), ending);
  run.abort();
  await answer.remove();
  expect(stored.size).toBe(0);
});

test("a removal that failed is tried again by the next call", async () => {
  let failures = 1;
  let removed = 0;
  const service = solver({
    async remove() {
      if (failures-- > 0) throw new Error("not now");
      removed += 1;
    },
  });
  const answer = await service.present(spec(), testChallenge("dns-01", "a.example.com"), context);
  await expect(answer.remove()).rejects.toThrow("not now");
  await answer.remove();
  await answer.remove();
  expect(removed).toBe(1);
});

test("whoever waits for its turn can be ended", async () => {
  const run = new AbortController();
  let release = (): void => undefined;
  let begun = (): void => undefined;
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  const service = solver({
    add: () => {
      begun();
      return new Promise<void>((resolve) => (release = resolve));
    },
  });
  const first = service.present(spec(), testChallenge("dns-01", "a.example.com"), context);
  await beginning;
  const second = service.present(spec(), testChallenge("dns-01", "a.example.com"), { ...context, signal: run.signal });
  run.abort(new Error("no time left"));
  await expect(second).rejects.toThrow();
  release();
  await (await first).remove();
});

test("the names of records, each once", async () => {
  expect(await recordNames(["a.example.com", "*.a.example.com", "b.example.com"], spec().dns, context)).toEqual([
    "_acme-challenge.a.example.com",
    "_acme-challenge.b.example.com",
  ]);
});
