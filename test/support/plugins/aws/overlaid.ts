import type { PropertyValues } from "../propertyValues";

/** Old outputs below new inputs, at every depth; what was an input and is none any more is gone. */
export function overlaid(olds: PropertyValues, oldInputs: PropertyValues, news: PropertyValues): PropertyValues {
  const kept = Object.entries(olds).filter(([key]) => !(key in oldInputs));
  const given = Object.entries(news).map(([key, value]) => [key, below(olds[key], oldInputs[key], value)]);
  return Object.fromEntries([...kept, ...given]) as PropertyValues;
}

function below(old: unknown, oldInput: unknown, next: unknown): unknown {
  if (isObject(old) && isObject(next)) return overlaid(old, isObject(oldInput) ? oldInput : {}, next);
  if (!Array.isArray(old) || !Array.isArray(next) || old.length !== next.length) return next;
  return next.map((each, index): unknown =>
    below(old[index], Array.isArray(oldInput) ? oldInput[index] : undefined, each),
  );
}

/** What was read, with no more members than the inputs have: what the service adds is no input. */
export function shapedLike(input: unknown, found: unknown): unknown {
  if (isObject(input) && isObject(found))
    return Object.fromEntries(
      Object.keys(input).map((key) => [key, key in found ? shapedLike(input[key], found[key]) : input[key]]),
    );
  if (Array.isArray(input) && Array.isArray(found) && input.length === found.length)
    return found.map((each, index): unknown => shapedLike(input[index], each));
  return found;
}

function isObject(value: unknown): value is PropertyValues {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
