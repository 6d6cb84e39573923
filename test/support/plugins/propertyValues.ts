import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** Properties of a resource: plain JSON values, `computed`, and `Secret`. */
export type PropertyValues = Record<string, any>;

/** A value that the preview does not know. */
export const computed = Symbol("computed");

/** A value that the engine encrypts in the state and does not print. */
export class Secret {
  constructor(readonly value: unknown) {}
}

/** The engine's forms of what JSON cannot say (sdk/go/common/resource: `SigKey`, `SecretSig`; plugin: `UnknownStringValue`). */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Reads the properties of a request. */
export function fromStruct(struct: Struct | undefined, keepSecrets = false): PropertyValues {
  const values = read(struct?.toJavaScript() ?? {});
  return (keepSecrets ? values : withoutSecrets(values)) as PropertyValues;
}

export function toStruct(values: PropertyValues): Struct {
  return Struct.fromJavaScript(write(values) as Parameters<typeof Struct.fromJavaScript>[0]);
}

/** The values of secrets in their place. */
export function withoutSecrets(value: unknown): unknown {
  if (value instanceof Secret) return withoutSecrets(value.value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

/** Whether a preview does not know the value, or a part of it. */
export function hasComputed(value: unknown): boolean {
  if (value instanceof Secret) return hasComputed(value.value);
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasComputed);
  return value === computed;
}

function read(value: unknown): unknown {
  if (value === unknownText) return computed;
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== "object" || value === null) return value;
  const object = value as PropertyValues;
  if (object[signature] === secretSignature) return new Secret(read(object["value"]));
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, read(inner)]));
}

function write(value: unknown): unknown {
  if (value === computed) return unknownText;
  if (value instanceof Secret) return { [signature]: secretSignature, value: write(value.value) };
  if (Array.isArray(value)) return value.map(write);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(known.map(([key, inner]) => [key, write(inner)]));
}
