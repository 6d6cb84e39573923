import type { Provider } from "./plugin";
import { computed, hasComputed, type PropertyValues } from "./propertyValues";

/** A resource of a declared program: `aws_lb_listener.https` is `["https", "aws:lb/listener:Listener"]`. */
export type Declare = (name: string, type: string, inputs: PropertyValues) => PropertyValues;

/** What a provider plans for a resource. */
export interface Planned {
  readonly action: "none" | "update" | "replace";
  /** Top-level properties that differ. */
  readonly changed: readonly string[];
  /** Those that replace. */
  readonly because: readonly string[];
  /** Outputs that the preview does not know. */
  readonly unknown: readonly string[];
}

interface Existing {
  readonly id: string;
  readonly inputs: PropertyValues;
  readonly outputs: PropertyValues;
}

/**
 * A provider's methods in the order in which the engine calls them, without the engine: what is declared is made once,
 * then planned with other inputs as often as one likes. For comparisons in which only the provider's answers matter.
 */
export class Declared {
  private readonly existing = new Map<string, Existing>();

  constructor(private readonly provider: Provider) {}

  /** Creates everything, in the order of its declaration. */
  async create(
    program: (declare: (...args: Parameters<Declare>) => Promise<PropertyValues>) => Promise<void>,
  ): Promise<void> {
    await program(async (name, type, given) => {
      const call = callOf(name, type);
      const { inputs } = await this.provider.check({ ...call, olds: {}, news: given, randomSeed: "0123456789abcdef" });
      const signal = new AbortController().signal;
      const made = await this.provider.create({ ...call, news: inputs, preview: false, timeout: 0, cancelled: signal });
      const outputs = { ...made.outputs, id: made.id };
      this.existing.set(name, { id: made.id, inputs, outputs: made.outputs });
      return outputs;
    });
  }

  /** Previews it. What is named in `replaced` is replaced whatever the provider says. */
  async plan(
    program: (declare: (...args: Parameters<Declare>) => Promise<PropertyValues>) => Promise<void>,
    replaced: readonly string[] = [],
  ): Promise<Map<string, Planned>> {
    const plans = new Map<string, Planned>();
    await program(async (name, type, given) => {
      const found = this.existing.get(name);
      if (found === undefined) throw new Error(`${name} was not created.`);
      const { outputs, planned } = await this.planOne(callOf(name, type), found, given, replaced.includes(name));
      plans.set(name, planned);
      return outputs;
    });
    return plans;
  }

  private async planOne(
    call: ReturnType<typeof callOf>,
    { id, inputs: oldInputs, outputs: olds }: Existing,
    given: PropertyValues,
    isReplaced: boolean,
  ): Promise<{ outputs: PropertyValues; planned: Planned }> {
    const signal = new AbortController().signal;
    const { inputs: news } = await this.provider.check({
      ...call,
      olds: oldInputs,
      news: given,
      randomSeed: "fedcba9876543210",
    });
    const { changes } = await this.provider.diff({ ...call, id, oldInputs, olds, news, ignoreChanges: [] });
    const top = (paths: readonly string[]) => [...new Set(paths.map((path) => path.replace(/[.[].*$/, "")))].sort();
    const changed = top(Object.keys(changes));
    const because = top(Object.entries(changes).flatMap(([path, { replaces }]) => (replaces ? [path] : [])));
    const common = { ...call, news, preview: true, timeout: 0, cancelled: signal };
    if (because.length > 0 || isReplaced) {
      const { outputs } = await this.provider.create(common);
      return {
        outputs: { ...outputs, id: computed },
        planned: { action: "replace", changed, because, unknown: unknownIn(outputs) },
      };
    }
    if (changed.length === 0)
      return { outputs: { ...olds, id }, planned: { action: "none", changed, because, unknown: [] } };
    const outputs = await this.provider.update({ ...common, id, oldInputs, olds, ignoreChanges: [] });
    return {
      outputs: { ...outputs, id },
      planned: { action: "update", changed, because, unknown: unknownIn(outputs) },
    };
  }
}

function callOf(name: string, type: string) {
  return { urn: `urn:pulumi:test::declared::${type}::${name}`, type, name };
}

function unknownIn(outputs: PropertyValues): string[] {
  return Object.keys(outputs)
    .filter((property) => hasComputed(outputs[property]))
    .sort();
}
