import type { PropertyValues } from "./propertyValues";

/** What every call about a resource says of it. */
export interface ResourceCall {
  readonly urn: string;
  /** `aws:acm/certificate:Certificate`, `kubernetes:core/v1:Secret`. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
}

/** Inputs are plain values; see `Plugin.acceptsSecrets` and `computed`. */
export interface CheckCall extends ResourceCall {
  /** Inputs of the last operation; empty for a new resource and before a replacement. */
  readonly olds: PropertyValues;
  readonly news: PropertyValues;
  /** Hexadecimal digits that stay the same in the preview and the update: for generated names. */
  readonly randomSeed: string;
}

export interface Checked {
  readonly inputs: PropertyValues;
  readonly failures?: readonly { property?: string; reason: string }[];
}

export interface DiffCall extends ResourceCall {
  readonly id: string;
  readonly oldInputs: PropertyValues;
  /** Outputs of the last operation. */
  readonly olds: PropertyValues;
  readonly news: PropertyValues;
  /** Property paths. The engine has put the old inputs of these into the new ones already. */
  readonly ignoreChanges: readonly string[];
}

export interface PropertyChange {
  readonly kind: "add" | "delete" | "update";
  readonly replaces?: boolean;
  /** The path is one of the inputs, so that the engine shows the change between old and new inputs. */
  readonly inputDiff?: boolean;
}

export interface Difference {
  /** By property path, `spec.rules[0].host`. Empty: nothing changes, and the engine believes it. */
  readonly changes: Readonly<Record<string, PropertyChange>>;
  /** Decided by the provider, on top of what the engine decides. @default false */
  readonly deleteBeforeReplace?: boolean;
}

export interface CreateCall extends ResourceCall {
  readonly news: PropertyValues;
  readonly preview: boolean;
  /** `customTimeouts`, in seconds; 0 where none is set. */
  readonly timeout: number;
  /** Aborted when the operation is cancelled. */
  readonly cancelled: AbortSignal;
}

export interface UpdateCall extends DiffCall {
  readonly preview: boolean;
  readonly timeout: number;
  readonly cancelled: AbortSignal;
}

export interface DeleteCall extends ResourceCall {
  readonly id: string;
  readonly olds: PropertyValues;
  readonly oldInputs: PropertyValues;
  readonly timeout: number;
  readonly cancelled: AbortSignal;
}

export interface ReadCall extends ResourceCall {
  readonly id: string;
  /** Outputs of the last operation; empty for an import. */
  readonly olds: PropertyValues;
  readonly oldInputs: PropertyValues;
}

export interface ReadResult {
  readonly id: string;
  readonly outputs: PropertyValues;
  readonly inputs: PropertyValues;
}

/**
 * A provider that is configured: one of several in a run, each with the configuration of one explicit or default
 * provider of the program. What a method throws is the message of the failed operation, word for word; see
 * `PartialFailure`.
 */
export interface Provider {
  check(call: CheckCall): Checked | Promise<Checked>;
  diff(call: DiffCall): Difference | Promise<Difference>;
  /** In a preview without an id; the outputs may hold `computed`. */
  create(call: CreateCall): Promise<{ id: string; outputs: PropertyValues }>;
  /** In a preview the outputs of which nothing is known yet are `computed`: dependents then show a difference. */
  update(call: UpdateCall): Promise<PropertyValues>;
  delete(call: DeleteCall): Promise<void>;
  /** Undefined: it is gone. */
  read(call: ReadCall): Promise<ReadResult | undefined>;
  invoke?(token: string, args: PropertyValues): Promise<PropertyValues>;
}

/** A stand-in for a provider's plugin. */
export interface Plugin {
  readonly version: string;
  /**
   * Whether the values of secrets arrive as `Secret`. Otherwise they arrive plain, and the engine marks every top-level
   * output whose input of the same name held a secret; what is secret besides is answered as `Secret` in both cases.
   *
   * @default false
   */
  readonly acceptsSecrets?: boolean;
  /** Changes of the configuration that replace the provider and with it all its resources. @default none do */
  diffConfig?(olds: PropertyValues, news: PropertyValues): Difference;
  /** The engine's configuration of one provider: strings, of which lists and objects are JSON. */
  configure(configuration: Readonly<Record<string, string>>): Provider | Promise<Provider>;
}

/** An operation that ended half way: the engine records what there is, and the next operation updates it. */
export class PartialFailure extends Error {
  constructor(
    message: string,
    readonly partial: { id: string; outputs: PropertyValues; inputs: PropertyValues; reasons: readonly string[] },
  ) {
    super(message);
  }
}
