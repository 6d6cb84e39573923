import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changedLines, createStack, diagnosticsOf, eventLines, resourceCounts, type Stack } from "../support/engine";
import { repository } from "../support/provide";
import { until } from "../support/until";

const program = (value: string) => `
  const pulumi = require("@pulumi/pulumi");
  const provider = {
    async create(inputs) { return { id: "one", outs: inputs }; },
    async diff(id, olds, news) { return { changes: olds.value !== news.value }; },
    async update(id, olds, news) { return { outs: news }; },
    async read(id, outs) {
      const slow = process.env.SLOW_READ;
      if (slow) {
        require("fs").writeFileSync(slow, "");
        await new Promise((resolve) => setTimeout(resolve, 600000));
      }
      return { id, props: outs };
    },
  };
  class Thing extends pulumi.dynamic.Resource {
    constructor(name, args, options) { super(provider, name, args, options, "test", "Thing"); }
  }
  class Group extends pulumi.ComponentResource {
    constructor(name, value, token) {
      super("test:index:Group", name);
      // Not awaited: the message waits for the resource's URN, and the resource for the hook.
      const say = (args) => void pulumi.log.info("was " + args.oldOutputs.value, thing);
      const hook = new pulumi.ResourceHook(name + "-hook", say, { onDryRun: true });
      const thing = new Thing("thing", { value, token: pulumi.secret(token) }, { parent: this, hooks: { beforeUpdate: [hook] } });
      this.value = thing.value;
    }
  }
  exports.value = new Group("group", "${value}", "token-${value}").value;
  if (process.env.PULUMI_CERTIFICATES_NOW) exports.now = process.env.PULUMI_CERTIFICATES_NOW;
  exports.configured = new pulumi.Config().get("greeting");
`;

describe("a program with a component, a dynamic resource and a hook", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await createStack({ program: program("first"), config: { greeting: "hello: world" } });
  });

  test("is previewed and created", async () => {
    const preview = await stack.preview();
    expect(changedLines(preview.all)).toMatchObject([
      { op: "create", type: "test:index:Group", name: "group" },
      { op: "create", type: "pulumi-nodejs:dynamic/test:Thing", name: "thing" },
    ]);
    expect(resourceCounts(preview.all)).toEqual({ create: 3 });
    const up = await stack.up();
    expect(resourceCounts(up.all)).toEqual({ create: 3 });
    expect(await stack.outputs()).toEqual({ value: "first", configured: "hello: world" });
  });

  test("shows no change when nothing changes, and a clock only where it is set", async () => {
    const preview = await stack.preview({ args: ["--expect-no-changes"] });
    expect(changedLines(preview.all)).toEqual([]);
    expect(eventLines(preview.all).map((event) => event.type)).toContain("pulumi:pulumi:Stack");
    stack.clock("2027-03-01");
    await stack.up();
    expect((await stack.outputs()).now).toBe("2027-03-01");
    stack.clock();
  });

  test("shows an update with its property, and the hook's message on the resource", async () => {
    stack.write(program("second"));
    const preview = await stack.preview();
    expect(changedLines(preview.all)).toMatchObject([{ op: "update", name: "thing", diff: ["~value"] }]);
    expect(diagnosticsOf(preview.all, "thing")).toEqual(["was first"]);
    await stack.up();
    expect(await stack.resource("thing")).toMatchObject({ value: "second", token: "token-second" });
  });

  test("keeps secrets out of the state file and out of what was printed by default", async () => {
    expect(stack.stateFile()).toContain("pulumi-nodejs:dynamic/test:Thing");
    expect(stack.stateFile()).not.toContain("token-second");
    expect(stack.printed()).toContain("was first");
    expect(stack.printed()).not.toContain("token-");
  });

  test("can be refreshed, exported and imported", async () => {
    const refreshed = await stack.refresh();
    expect(resourceCounts(refreshed.all)).toEqual({ unchanged: 3 });
    expect(changedLines(refreshed.all)).toEqual([]);
    const state = await stack.exportState();
    const thing = state.deployment.resources.find((resource) => resource.urn.endsWith("::thing"));
    thing!.outputs!.value = "third";
    await stack.importState(state);
    expect((await stack.resource("thing")).value).toBe("third");
  });

  test("is seen by a policy pack", async () => {
    const pack = join(stack.folder, "policy");
    mkdirSync(pack);
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
    writeFileSync(join(pack, "package.json"), JSON.stringify({ name: "policy", version: "1.0.0", main: "index.js" }));
    const sdk = JSON.stringify(join(repository, "node_modules", "@pulumi", "policy"));
    writeFileSync(
      join(pack, "index.js"),
      `const { PolicyPack } = require(${sdk});
       new PolicyPack("pack", { policies: [{
         name: "no-thing", description: "Things are not allowed.", enforcementLevel: "mandatory",
         validateResource: (args, report) => { if (args.type.endsWith(":Thing")) report("found " + args.name); },
       }] });`,
    );
    const preview = await stack.preview({ args: ["--policy-pack", pack], fails: true });
    expect(preview.all).toContain("found thing");
  });

  test("leaves a provider behind when the CLI is killed during a refresh, and nothing after the group is killed", async () => {
    const mark = join(stack.folder, "reading");
    const running = stack.start(["refresh", "--yes", "--skip-preview"], { SLOW_READ: mark });
    await until("the provider to read", () => existsSync(mark));
    expect(running.started(/dynamic-provider/)).not.toHaveLength(0);
    running.kill();
    expect((await running.done).code).toBeNull();
    running.killGroup();
    await running.gone(5_000);
    expect((await stack.refresh({ fails: true })).all).toContain("locked");
    await stack.run(["cancel", "--yes"], { expectSuccess: true });
  });

  test("fails loudly where success is expected", async () => {
    // Without a stack: Node 20 and 22 take a minute to print one that has a source-mapped frame of @pulumi/pulumi.
    stack.write(`throw Object.assign(new Error("broken program"), { stack: "Error: broken program" });`);
    await expect(stack.preview()).rejects.toThrow("broken program");
    await expect(stack.up({ fails: true })).resolves.toMatchObject({ all: expect.stringContaining("broken program") });
    stack.write("");
    await expect(stack.preview({ fails: true })).rejects.toThrow("did not fail");
    expect((await stack.run(["stack", "output", "missing"])).code).not.toBe(0);
  });

  test("is destroyed", async () => {
    const destroyed = await stack.destroy();
    expect(resourceCounts(destroyed.all)).toEqual({ delete: 3 });
    expect((await stack.exportState()).deployment.resources ?? []).toEqual([]);
  });
});
