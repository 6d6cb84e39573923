import { join } from "node:path";
import { changedLines, createStack, resourceCounts, type Stack } from "../support/engine";
import { PartialFailure, type Plugin, type UpdateCall } from "../support/plugins/plugin";
import { type Plugins, startPlugins } from "../support/plugins/pluginServer";
import { computed, type PropertyValues } from "../support/plugins/propertyValues";
import { repository } from "../support/provide";

const updates: UpdateCall[] = [];
let failing = false;

/** Keeps config maps and parameters as they are given, with where they were kept. */
const plugin = (setting: string): Plugin => ({
  version: "4.0.0",
  configure: (configuration) => {
    const where = configuration[setting];
    const outputs = (news: PropertyValues) => ({ ...news, metadata: { ...news.metadata, uid: where }, arn: where });
    return {
      check: ({ news }) =>
        news.immutable ? { inputs: news, failures: [{ property: "immutable", reason: "not here" }] } : { inputs: news },
      diff: ({ oldInputs, news }) => {
        if (JSON.stringify(oldInputs) === JSON.stringify(news)) return { changes: {} };
        const renamed = oldInputs.metadata?.name !== news.metadata?.name;
        const change = { kind: "update", inputDiff: true } as const;
        return renamed
          ? { changes: { "metadata.name": { ...change, replaces: true } }, deleteBeforeReplace: true }
          : { changes: { "data.key": change } };
      },
      create: async ({ news, preview }) => {
        if (failing && !preview)
          throw new PartialFailure("half way", {
            id: "half",
            outputs: outputs(news),
            inputs: news,
            reasons: ["the other half is missing"],
          });
        return { id: `id-of-${where}`, outputs: preview ? { ...outputs(news), arn: computed } : outputs(news) };
      },
      update: async (call) => {
        updates.push(call);
        return outputs(call.news);
      },
      delete: async () => {},
      read: async ({ id, olds, oldInputs }) => (id === "gone" ? undefined : { id, outputs: olds, inputs: oldInputs }),
      invoke: async (token, args) => ({ id: `${token} ${JSON.stringify(args)}`, region: where }),
    };
  },
});

const program = (key: string, more = "") => `
  const pulumi = require("@pulumi/pulumi");
  const kubernetes = require("@pulumi/kubernetes");
  const aws = require("@pulumi/aws");
  for (const cluster of ["one", "two"]) {
    const provider = new kubernetes.Provider(cluster, { kubeconfig: pulumi.secret("cluster " + cluster) });
    const map = new kubernetes.core.v1.ConfigMap("map-" + cluster, { metadata: { name: "m" }, data: { key: ${key} } }, { provider });
    exports[cluster] = map.metadata.uid;
  }
  const parameter = new aws.ssm.Parameter("parameter", { type: "String", value: pulumi.secret("secret text") });
  exports.arn = parameter.arn;
  exports.zone = aws.getRegion({ region: "eu-central-1" }).then((region) => region.id);
  ${more}
`;

describe("stand-ins for plugins, served to the engine", () => {
  let stack: Stack;
  let plugins: Plugins;

  beforeAll(async () => {
    plugins = await startPlugins({ kubernetes: plugin("kubeconfig"), aws: plugin("region") });
    stack = await createStack({
      program: program(`"first"`),
      config: { "aws:region": "eu-west-1" },
      links: Object.fromEntries(
        ["@pulumi/kubernetes", "@pulumi/aws"].map((name) => [name, join(repository, "node_modules", name)]),
      ),
    });
  });

  afterAll(() => plugins.stop());

  test("create for each provider of the program with its own configuration", async () => {
    const up = await stack.up({ env: plugins.env });
    expect(resourceCounts(up.all)).toEqual({ create: 6 });
    expect(await stack.outputs()).toEqual({
      one: "cluster one",
      two: "cluster two",
      arn: "eu-west-1",
      zone: `aws:index/getRegion:getRegion {"region":"eu-central-1"}`,
    });
    expect(stack.stateFile()).not.toContain("secret text");
  });

  test("answer a preview with the changed property, and see what it does not know", async () => {
    stack.write(program(`pulumi.output(pulumi.unknown)`));
    const preview = await stack.preview({ env: plugins.env });
    const changed = changedLines(preview.all);
    expect(changed.map(({ name }) => name).sort()).toEqual(["map-one", "map-two"]);
    expect(changed).toMatchObject([{ op: "update", diff: ["~data"] }, { op: "update" }]);
    expect(updates).toMatchObject([{ preview: true, news: { data: { key: computed } } }, { preview: true }]);
  });

  test("replace, and fail with their own text", async () => {
    stack.write(program(`"first"`).replace(`name: "m"`, `name: "n"`));
    const preview = await stack.preview({ env: plugins.env, args: ["--diff"] });
    expect(preview.all).toContain(`name: "m" => "n"`);
    stack.write(program(`"first"`, `new kubernetes.core.v1.ConfigMap("bad", { immutable: true });`));
    expect((await stack.preview({ env: plugins.env, fails: true })).all).toContain("not here");
  });

  test("record what ended half way", async () => {
    failing = true;
    stack.write(program(`"first"`, `new kubernetes.core.v1.ConfigMap("half", {});`));
    const up = await stack.up({ env: plugins.env, fails: true });
    expect(up.all).toContain("the other half is missing");
    const { resources } = (await stack.exportState()).deployment;
    expect(resources.find(({ id }) => id === "half")).toMatchObject({ initErrors: ["the other half is missing"] });
    expect(plugins.calls.filter(({ preview }) => !preview).map(({ method }) => method)).toEqual(
      Array<string>(4).fill("create"),
    );
    failing = false;
    expect(resourceCounts((await stack.destroy({ env: plugins.env })).all)).toMatchObject({ delete: 7 });
  });
});
