import type { dynamic } from "@pulumi/pulumi";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

export type Properties = Record<string, any>;
type Provider = Required<dynamic.ResourceProvider>;

const handler = 'exports.handler=()=>require("pulumi-certificates/provider").any';

/** The providers as another process loads them: nothing that was checked here is known there. */
export function providersOfAnotherProcess(): typeof import("../../sdk/provider") {
  let providers: typeof import("../../sdk/provider") | undefined;
  jest.isolateModules(() => {
    providers = jest.requireActual<typeof import("../../sdk/provider")>("../../sdk/provider");
  });
  return providers as typeof import("../../sdk/provider");
}

/** Sets the stack configuration for all providers of this process. */
export async function configure(
  provider: dynamic.ResourceProvider,
  config: Record<string, string> = {},
): Promise<void> {
  const get = (key: string): string | undefined => config[key];
  await (provider as Provider).configure({ config: { get } } as dynamic.ConfigureRequest);
}

/** Sets the clock, and leaves timers alone. */
export function setNow(now: number | string): void {
  const time = typeof now === "string" ? Date.parse(now) : now;
  jest.useFakeTimers({
    now: time,
    doNotFake: [
      "hrtime",
      "nextTick",
      "performance",
      "queueMicrotask",
      "setImmediate",
      "clearImmediate",
      "setInterval",
      "clearInterval",
      "setTimeout",
      "clearTimeout",
    ],
  });
}

/** The properties as they come out of the dynamic provider process: it refuses `undefined` and everything that is no data. */
export function overTheWire<Value extends object>(value: Value): Value {
  return Struct.fromJavaScript(value as never).toJavaScript() as Value;
}

export interface Outcome {
  readonly inputs: Properties;
  readonly isChanged: boolean;
}

/** One resource in a stack, whose provider is called as the engine calls it: check, diff, then create or update. */
export class SimulatedResource {
  id: string | undefined;
  inputs: Properties | undefined;
  outs: Properties = {};

  constructor(private readonly provider: dynamic.ResourceProvider) {}

  /** Fails with the reasons of `check`, as a preview does. */
  async preview(args: Properties): Promise<Outcome> {
    const inputs = await this.check({ ...args, dryRun: true });
    return { inputs, isChanged: this.id === undefined || (await this.diff(inputs)) };
  }

  /** Records what `create`, `update` or a partial failure of them leave behind. */
  async up(args: Properties): Promise<Outcome> {
    const inputs = await this.check({ ...args, dryRun: false });
    const isChanged = this.id === undefined || (await this.diff(inputs));
    if (isChanged) await this.apply(inputs);
    this.inputs = inputs;
    return { inputs, isChanged };
  }

  /**
   * Whether a `pulumi refresh`, which runs no check, would show a difference.
   *
   * @param fresh the provider as loaded by another process: this one remembers its checks.
   */
  refresh(fresh: dynamic.ResourceProvider): Promise<boolean> {
    const other = new SimulatedResource(fresh);
    other.id = this.id;
    other.outs = this.outs;
    return other.diff(this.inputs ?? {});
  }

  async check(args: Properties): Promise<Properties> {
    const news = overTheWire({ ...args, __provider: handler });
    const olds = this.inputs === undefined ? {} : overTheWire(this.inputs);
    const before = JSON.stringify([news, olds]);
    const { inputs, failures = [] } = await this.calls.check(olds, news);
    expect(JSON.stringify([news, olds])).toBe(before);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return overTheWire({ ...inputs, __provider: handler });
  }

  async diff(inputs: Properties): Promise<boolean> {
    const { changes } = await this.calls.diff(this.id ?? "", overTheWire(this.outs), overTheWire(inputs));
    expect(typeof changes).toBe("boolean");
    return changes === true;
  }

  private async apply(inputs: Properties): Promise<void> {
    try {
      const news = overTheWire(inputs);
      if (this.id === undefined) {
        const { id, outs } = await this.calls.create(news);
        this.id = id;
        this.outs = overTheWire(outs as Properties);
      } else {
        const { outs } = await this.calls.update(this.id, overTheWire(this.outs), news);
        this.outs = overTheWire(outs as Properties);
      }
    } catch (error) {
      const { id, properties } = error as { id?: string; properties?: Properties };
      if (id !== undefined) {
        this.id = id;
        this.inputs = inputs;
        this.outs = overTheWire(properties as Properties);
      }
      throw error;
    }
  }

  private get calls(): Provider {
    return this.provider as Provider;
  }
}

/** What a certificate or CA is given to be signed by a CA: the wire form of `issuer` and its credentials. */
export function signedBy(
  { outs }: Pick<SimulatedResource, "outs">,
  more: Properties = {},
  resource = "urn:ca",
): { issuer: Properties; credentials: { issuer: string } } {
  const { certificatePem, chainPem = "", trustBundlePem = "", privateKeyPem } = outs;
  return {
    issuer: { kind: "certificateAuthority", resource, generation: 1, ...more },
    credentials: { issuer: JSON.stringify({ certificatePem, chainPem, trustBundlePem, privateKeyPem }) },
  };
}

/** When the clock of most tests begins: 2027-01-01, 8 o'clock. */
export const start = Date.UTC(2027, 0, 1, 8);

/** Sets the clock to `start` before each test of a file, with a stack that configures nothing; afterwards it is the real one. */
export function useClock(provider: dynamic.ResourceProvider): void {
  beforeEach(async () => {
    setNow(start);
    await configure(provider);
  });
  afterEach(() => {
    jest.useRealTimers();
    delete process.env.PULUMI_CERTIFICATES_NOW;
  });
}
