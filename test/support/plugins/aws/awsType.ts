import type { PropertyValues } from "../propertyValues";
import type { AwsRequest } from "./wire";

/** What the methods of a type work with. */
export interface AwsContext {
  readonly region: string;
  /** The tags of the resource and the provider's `defaultTags` below them. */
  readonly tags: Readonly<Record<string, string>>;
  /** Aborted when the operation is cancelled, or its `customTimeouts` are over. */
  readonly signal?: AbortSignal;
  /** Asks a service in the resource's region. */
  ask(service: string, action: string, input?: AwsRequest["input"]): Promise<any>;
  /** Asks it in another one: those of CloudFront and Route 53 are in us-east-1. */
  askIn(region: string, service: string, action: string, input?: AwsRequest["input"]): Promise<any>;
}

/** What the provider's schema and its code say of one resource type; properties are Pulumi's. */
export interface AwsType {
  /** `aws:acm/certificate:Certificate`. */
  readonly token: string;
  readonly required: readonly string[];
  /** Properties that cannot change in place. `region` is one of them on every type. */
  readonly forceNew: readonly string[];
  /** What is known only once it is made, unless it is given. */
  readonly computed: readonly string[];
  /** Lists whose order means nothing. */
  readonly sets?: readonly string[];
  readonly defaults?: PropertyValues;
  /** The property that gets a name of Pulumi's where there is none. */
  readonly autoName?: string;
  /** Whether it has `tags`. @default true */
  readonly tagged?: boolean;
  /** The region that is asked, where the service has one for all. @default the resource's */
  readonly globalRegion?: string;
  /** Why the inputs cannot work, as the provider's own validation says; values may be `computed`. */
  check?(inputs: PropertyValues): string | undefined;
  /** What a preview of the creation knows beyond its inputs. */
  preview?(inputs: PropertyValues): PropertyValues;
  /** What changes with an update beside its inputs, `computed` or known. */
  previewUpdate?(inputs: PropertyValues, olds: PropertyValues): PropertyValues;
  /** @returns the id. */
  create(inputs: PropertyValues, context: AwsContext): Promise<string>;
  /** The outputs beside the inputs; undefined: it is gone. */
  read(id: string, known: PropertyValues, context: AwsContext): Promise<PropertyValues | undefined>;
  /** Left out where every change replaces. */
  update?(id: string, inputs: PropertyValues, olds: PropertyValues, context: AwsContext): Promise<void>;
  delete(id: string, olds: PropertyValues, context: AwsContext): Promise<void>;
}

/** Tags as most services take them. */
export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as most services list them. */
export function tagRecord(list: readonly { Key: string; Value?: string }[]): Record<string, string> {
  return Object.fromEntries(list.map(({ Key, Value = "" }) => [Key, Value]));
}

/** What has to be set and taken away to get from one to the other. */
export function tagChanges(
  olds: Readonly<Record<string, string>> = {},
  news: Readonly<Record<string, string>>,
): { set: Record<string, string>; remove: string[] } {
  return {
    set: Object.fromEntries(Object.entries(news).filter(([key, value]) => olds[key] !== value)),
    remove: Object.keys(olds).filter((key) => !(key in news)),
  };
}
