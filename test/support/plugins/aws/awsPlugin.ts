import type { Checked, CheckCall, Plugin, Provider, ReadResult } from "../plugin";
import { PartialFailure } from "../plugin";
import { computed, hasComputed, type PropertyValues } from "../propertyValues";
import type { AwsCloud } from "./awsCloud";
import type { AwsContext, AwsType } from "./awsType";
import { functions } from "./functions";
import { overlaid, shapedLike } from "./overlaid";
import { propertyChanges } from "./propertyChanges";
import { awsTypes } from "./types";

/** What the environment of the run says where the program says nothing. */
export interface AwsEnvironment {
  /** AWS_REGION. @default "eu-west-1" */
  readonly region?: string;
}

type Tags = Readonly<Record<string, string>>;

/**
 * A stand-in for version 7 of pulumi-resource-aws, which is the Terraform provider behind Pulumi's bridge: the inputs are
 * checked against a schema, changes are found between inputs, what `forceNew` names replaces, and a preview of an update
 * shows the old outputs below the new inputs (pulumi/pulumi-terraform-bridge, `PlanResourceChange`).
 */
export function awsPlugin(cloud: AwsCloud, { region = "eu-west-1" }: AwsEnvironment = {}): Plugin {
  return {
    version: "7.48.0",
    configure: (configuration) => {
      const { tags = {} } = JSON.parse(configuration["defaultTags"] ?? "{}") as { tags?: Tags };
      return new AwsProvider(cloud, configuration["region"] ?? region, tags);
    },
  };
}

class AwsProvider implements Provider {
  constructor(
    private readonly cloud: AwsCloud,
    private readonly region: string,
    private readonly defaultTags: Tags,
  ) {}

  check(call: CheckCall): Checked {
    const type = typeOf(call.type);
    const inputs: PropertyValues = { ...type.defaults, ...call.news };
    const { autoName } = type;
    if (autoName !== undefined && inputs[autoName] === undefined) {
      const kept = call.olds["__defaults"]?.includes(autoName) === true ? call.olds[autoName] : undefined;
      inputs[autoName] = kept ?? `${call.name}-${call.randomSeed.slice(0, 7)}`;
      inputs["__defaults"] = [autoName];
    }
    const missing = type.required.filter((property) => inputs[property] === undefined);
    const reason = missing.length > 0 ? undefined : type.check?.(inputs);
    return {
      inputs,
      failures: [
        ...missing.map((property) => ({
          property,
          reason: `Missing required argument. The argument "${property}" is required, but no definition was found.`,
        })),
        ...(reason === undefined ? [] : [{ reason }]),
      ],
    };
  }

  diff({ type: token, oldInputs, olds, news }: Parameters<Provider["diff"]>[0]) {
    const type = typeOf(token);
    const changes = this.changes(type, oldInputs, olds, news);
    const { autoName = "" } = type;
    // A name that the program gives cannot be had twice.
    const isGiven = autoName !== "" && news["__defaults"] === undefined && news[autoName] === oldInputs[autoName];
    return { changes, deleteBeforeReplace: isGiven && Object.values(changes).some(({ replaces }) => replaces) };
  }

  async create({ type: token, news, preview, cancelled, timeout }: Parameters<Provider["create"]>[0]) {
    const type = typeOf(token);
    const own = { region: this.region, ...news, ...this.tagged(type, news) };
    if (preview) {
      const unknown = Object.fromEntries(type.computed.map((property) => [property, computed]));
      return { id: "", outputs: { ...unknown, ...own, ...type.preview?.(news) } };
    }
    const context = this.context(type, own, signalOf(cancelled, timeout));
    const id = await bridged(() => type.create(news, context));
    return { id, outputs: await this.outputs(type, id, own, context) };
  }

  async update(call: Parameters<Provider["update"]>[0]) {
    const { type: token, id, oldInputs, olds, news, preview, cancelled, timeout } = call;
    const type = typeOf(token);
    const kept = [...type.computed, "region"];
    const { __defaults, ...known } = {
      ...overlaid(olds, oldInputs, news),
      ...Object.fromEntries(
        kept.filter((property) => !(property in news)).map((property) => [property, olds[property]]),
      ),
      ...this.tagged(type, news),
    };
    if (preview) return { ...known, ...type.previewUpdate?.(news, olds) };
    const context = this.context(type, known, signalOf(cancelled, timeout));
    const isChanged = Object.keys(this.changes(type, oldInputs, olds, news)).length > 0;
    try {
      if (isChanged) await bridged(async () => type.update?.(id, news, olds, context));
    } catch (error) {
      // As the real one it records what was to be: the update of the next run finds nothing to do (pulumi/pulumi#21458).
      const message = messageOf(error);
      throw new PartialFailure(message, { id, outputs: known, inputs: oldInputs, reasons: [message] });
    }
    return this.outputs(type, id, known, context);
  }

  async delete({ type: token, id, olds, cancelled, timeout }: Parameters<Provider["delete"]>[0]) {
    const type = typeOf(token);
    await bridged(() => type.delete(id, olds, this.context(type, olds, signalOf(cancelled, timeout))));
  }

  async read({ type: token, id, olds, oldInputs }: Parameters<Provider["read"]>[0]): Promise<ReadResult | undefined> {
    const type = typeOf(token);
    const known: PropertyValues = { region: this.region, ...olds };
    const found = await bridged(() => type.read(id, known, this.context(type, known)));
    if (found === undefined) return undefined;
    const outputs = { ...known, ...found };
    const isImport = Object.keys(oldInputs).length === 0;
    const inputs: PropertyValues = { ...oldInputs };
    const given = isImport
      ? Object.keys(found).filter((property) => !type.computed.includes(property))
      : Object.keys(inputs);
    for (const property of given)
      if (found[property] !== undefined)
        inputs[property] = isImport ? found[property] : shapedLike(inputs[property], found[property]);
    if (type.tagged !== false) {
      const own = Object.entries((found["tagsAll"] ?? {}) as Tags).filter(
        ([key, value]) => this.defaultTags[key] !== value,
      );
      outputs["tags"] = Object.fromEntries(own);
      if (own.length > 0 || oldInputs["tags"] !== undefined) inputs["tags"] = outputs["tags"];
    }
    return { id, outputs, inputs };
  }

  async invoke(token: string, args: PropertyValues): Promise<PropertyValues> {
    const answer = functions[token];
    if (answer === undefined) throw new Error(`The stand-in does not know the function ${token}.`);
    const region = (args["region"] as string | undefined) ?? this.region;
    return answer(args, this.contextIn(region, {}));
  }

  private async outputs(
    type: AwsType,
    id: string,
    known: PropertyValues,
    context: AwsContext,
  ): Promise<PropertyValues> {
    const { __defaults, ...inputs } = known;
    const found = await bridged(() => type.read(id, inputs, context));
    if (found === undefined) throw new Error(`reading ${type.token} (${id}): couldn't find resource`);
    return { ...inputs, ...found, ...(known["tags"] !== undefined && { tags: known["tags"] }) };
  }

  /** Between the inputs; none where the state says already what is wanted, as it does after an update that failed. */
  private changes(type: AwsType, oldInputs: PropertyValues, olds: PropertyValues, news: PropertyValues) {
    const changes = propertyChanges(oldInputs, news, type);
    for (const path of Object.keys(changes)) {
      const property = path.replace(/[.[].*$/, "");
      const recorded = { [property]: shapedLike(news[property], olds[property]) };
      if (Object.keys(propertyChanges(recorded, { [property]: news[property] }, type)).length === 0)
        delete changes[path];
    }
    const region = news["region"] ?? this.region;
    if (region !== olds["region"]) changes["region"] = { kind: "update", replaces: true, inputDiff: "region" in news };
    const { tagsAll } = this.tagged(type, news);
    if (tagsAll !== undefined)
      for (const path of Object.keys(propertyChanges({ tagsAll: olds["tagsAll"] ?? {} }, { tagsAll })))
        changes[path] = { kind: "update" };
    return changes;
  }

  /** `tagsAll`, where there are tags. */
  private tagged(type: AwsType, inputs: PropertyValues): PropertyValues {
    if (type.tagged === false) return {};
    const { tags = {} } = inputs;
    if (hasComputed(tags)) return { tagsAll: computed };
    return { tagsAll: { ...this.defaultTags, ...tags } };
  }

  private context(type: AwsType, known: PropertyValues, signal?: AbortSignal): AwsContext {
    return this.contextIn(type.globalRegion ?? known["region"] ?? this.region, known["tagsAll"] ?? {}, signal);
  }

  private contextIn(region: string, tags: Tags, signal?: AbortSignal): AwsContext {
    return {
      region,
      tags,
      ...(signal && { signal }),
      ask: (service, action, input) => this.cloud.ask(service, region, action, input),
      askIn: (other, service, action, input) => this.cloud.ask(service, other, action, input),
    };
  }
}

function typeOf(token: string): AwsType {
  const type = awsTypes.get(token);
  if (type === undefined) throw new Error(`The stand-in does not know the type ${token}.`);
  return type;
}

/** With a timer of its own: Node 20 may collect `AbortSignal.timeout()` inside of `AbortSignal.any()` before it fires. */
function signalOf(cancelled: AbortSignal, timeout: number): AbortSignal {
  if (timeout <= 0) return cancelled;
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (cancelled.aborted) abort();
  setTimeout(abort, timeout * 1000).unref();
  cancelled.addEventListener("abort", abort, { once: true });
  return controller.signal;
}

/** Errors as the bridge words what a Terraform provider answers. */
async function bridged<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw new Error(`1 error occurred:\n\t* ${messageOf(error)}\n\n`, { cause: error });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
