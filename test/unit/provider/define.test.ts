import { CertificatesError } from "../../../sdk/errors";
import { defineProvider, type ResourceDefinition, Unfinished } from "../../../sdk/provider/define";
import { unknown } from "../../../sdk/provider/unknown";
import { configure, SimulatedResource } from "../../support/simulatedEngine";

interface Inputs {
  readonly name: string;
  readonly size?: number;
}
interface Outs {
  readonly size?: number;
  readonly pending?: string;
  readonly migrated?: true;
}
type Definition = ResourceDefinition<Inputs, Outs>;

/** The least that a resource type has to say, with what a test is about. */
const providerOf = (more: Partial<Definition>) =>
  defineProvider<Inputs, Outs>({
    check: ({ news }) => news,
    diff: ({ news, outs }) => news.size !== outs.size,
    create: ({ news }) => Promise.resolve({ size: news.size ?? 0 }),
    update: ({ news }) => Promise.resolve({ size: news.size ?? 0 }),
    migrate: (outs) => outs,
    ...more,
  }) as Required<ReturnType<typeof defineProvider>>;

beforeAll(() => configure(providerOf({})));

describe("check", () => {
  test("passes no olds the first time, and what was recorded later", async () => {
    const check = jest.fn<Inputs, [Parameters<Definition["check"]>[0]]>(({ news }) => news);
    const provider = providerOf({ check });
    await provider.check({}, { name: "project/stack/a", credentials: { token: "t" }, dryRun: true });
    await provider.check({ name: "project/stack/a", size: 1 }, { name: "project/stack/a", size: 2 });
    expect(check.mock.calls.map(([context]) => context)).toMatchObject([
      {
        news: { name: "project/stack/a" },
        credentials: { token: "t" },
        areCredentialsKnown: true,
        run: { dryRun: true },
      },
      {
        olds: { name: "project/stack/a", size: 1 },
        news: { name: "project/stack/a", size: 2 },
        credentials: {},
        run: { dryRun: false },
      },
    ]);
    expect(check.mock.calls[0]?.[0].olds).toBeUndefined();
    expect(check.mock.calls[0]?.[0].news).toEqual({ name: "project/stack/a" });
  });

  test("says what is wrong in one message without a property, whose value the engine would print", async () => {
    const provider = providerOf({
      check: () => {
        throw new CertificatesError("InvalidArgument", "size: 7 is too much.", { hint: "Use 6.", property: "size" });
      },
    });
    expect(await provider.check({}, { name: "project/stack/a", size: 7, credentials: { token: "t" } })).toEqual({
      inputs: { name: "project/stack/a", size: 7 },
      failures: [{ property: "", reason: "size: 7 is too much. Use 6." }],
    });
  });

  test("lets a mistake of this package through as what it is", async () => {
    const check = (): never => {
      throw new TypeError("x is undefined");
    };
    await expect(providerOf({ check }).check({}, { name: "project/stack/a" })).rejects.toThrow(TypeError);
  });

  test("may look at this machine, and takes its time for it", async () => {
    const provider = providerOf({ check: async ({ news }) => Promise.resolve({ ...news, size: 5 }) });
    expect(await provider.check({}, { name: "project/stack/a" })).toEqual({
      inputs: { name: "project/stack/a", size: 5 },
    });
  });
});

describe("diff", () => {
  test("answers yes or no, and knows the run only where check ran in this process", async () => {
    const diff = jest.fn<boolean, [Parameters<Definition["diff"]>[0]]>(() => false);
    const provider = providerOf({ diff });
    expect(await provider.diff("a-1", {}, { name: "project/stack/refreshed" })).toEqual({ changes: false });
    const { inputs } = await provider.check(
      {},
      { name: "project/stack/checked", credentials: { token: unknown }, dryRun: true },
    );
    await provider.diff("b-1", {}, { ...(inputs as object), __provider: "added by the engine" });
    expect(diff.mock.calls.map(([{ checked }]) => checked)).toMatchObject([
      undefined as unknown as object,
      { credentials: {}, run: { dryRun: true } },
    ]);
  });
});

describe("create and update", () => {
  test("that ended half way leave inputs and outputs behind, to be taken up by the next run", async () => {
    const failing = {
      create: () => Promise.reject(new Unfinished(new Error("the order is pending"), { pending: "order 1" })),
      update: ({ outs }: { outs: Outs }) =>
        Promise.reject(
          new Unfinished(new Error("the order is pending still"), { pending: `${outs.pending}, order 2` }),
        ),
    };
    const resource = new SimulatedResource(providerOf(failing));
    await expect(resource.up({ name: "project/stack/a", size: 1 })).rejects.toMatchObject({
      message: "the order is pending",
      reasons: ["the order is pending"],
      id: expect.stringMatching(/^a-[0-9a-f]{8}$/),
    });
    expect(resource.outs).toMatchObject({ name: "project/stack/a", size: 1, pending: "order 1" });
    const { id } = resource;
    await expect(resource.up({ name: "project/stack/a", size: 2 })).rejects.toThrow("the order is pending still");
    expect(resource).toMatchObject({ id, outs: { name: "project/stack/a", size: 2, pending: "order 1, order 2" } });
  });

  test("that failed leave nothing behind", async () => {
    const resource = new SimulatedResource(providerOf({ create: () => Promise.reject(new Error("no")) }));
    await expect(resource.up({ name: "project/stack/a" })).rejects.toThrow("no");
    expect(resource.id).toBeUndefined();
  });

  test("and delete see outputs of every release in today's form", async () => {
    const seen: Outs[] = [];
    const see = ({ outs }: { outs: Outs }): void => void seen.push(outs);
    const provider = providerOf({
      migrate: (outs) => ({ ...outs, migrated: true }),
      diff: (context) => (see(context), true),
      update: (context) => (see(context), Promise.resolve(context.outs)),
      read: (context) => (see(context), Promise.resolve({ outs: context.outs })),
      delete: (context) => (see(context), Promise.resolve()),
    });
    await provider.diff("a-1", { size: 1 }, { name: "project/stack/a" });
    await provider.update("a-1", { size: 2 }, { name: "project/stack/a" });
    expect(await provider.read("a-1", { size: 3 })).toEqual({ id: "a-1", props: { size: 3, migrated: true } });
    await provider.delete("a-1", { size: 4 });
    expect(seen).toEqual([1, 2, 3, 4].map((size) => ({ size, migrated: true })));
  });
});

describe("read", () => {
  test("without a definition finds everything as it was recorded", async () => {
    expect(await providerOf({}).read("a-1", { size: 3 })).toEqual({ id: "a-1", props: { size: 3 } });
    expect(await providerOf({}).read("a-1")).toEqual({ id: "a-1", props: {} });
  });

  test("can say that nothing is there any more, and bring other inputs", async () => {
    expect(await providerOf({ read: () => Promise.resolve("absent") }).read("a-1", {})).toEqual({});
    const read: Definition["read"] = ({ outs }) => Promise.resolve({ outs, inputs: { size: 9 } });
    expect(await providerOf({ read }).read("a-1", { size: 3 })).toEqual({
      id: "a-1",
      props: { size: 3 },
      inputs: { size: 9 },
    });
  });
});

test("deleting what has nothing outside does nothing", async () => {
  await expect(providerOf({}).delete("a-1", {})).resolves.toBeUndefined();
});
