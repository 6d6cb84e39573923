import type * as pulumi from "@pulumi/pulumi";

/**
 * A last word on one of a component's children, before it is registered: properties that take the place of its own, or
 * a function that changes its arguments and options in place.
 */
export type Transform<Args extends object> =
  Partial<Args> | ((args: Args, options: pulumi.CustomResourceOptions, name: string) => void);

/** The arguments and options of a child after its transform. */
export function transformed<Args extends object>(
  transform: Transform<Args> | undefined,
  name: string,
  args: Args,
  options: pulumi.CustomResourceOptions,
): [name: string, args: Args, options: pulumi.CustomResourceOptions] {
  if (transform === undefined) return [name, args, options];
  if (typeof transform !== "function") return [name, { ...args, ...transform }, options];
  const [changed, changedOptions] = [{ ...args }, { ...options }];
  transform(changed, changedOptions, name);
  return [name, changed, changedOptions];
}
