import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state";

/** What an error of a service means for who wrote the program, and what to do. */
export interface Explanation {
  /** What the service's message looks like. */
  readonly when: RegExp;
  /** The fix, which may say what the match and the resource say. */
  readonly fix: string | ((match: RegExpExecArray, args: pulumi.ErrorHookArgs) => string);
}

type Hooks = Map<string, pulumi.ErrorHook>;

/** Shared by every copy of the package in the process: an engine takes a hook's name only once. */
const shared = globalThis as { [key: symbol]: WeakMap<object, Hooks> | undefined };
const key = Symbol.for("pulumi-certificates.errorHooks");

/**
 * Options with which a resource of another provider says, on its URN, how to mend what its service refused. Nothing is
 * added where the SDK, the engine (before 3.218) or a unit test's mocks have no error hooks: the error itself stays.
 */
export function explained(
  kind: string,
  explanations: readonly Explanation[],
  options: pulumi.CustomResourceOptions,
): pulumi.CustomResourceOptions {
  const hook = errorHook(kind, explanations);
  if (hook === undefined) return options;
  return { ...options, hooks: { ...options.hooks, onError: [...(options.hooks?.onError ?? []), hook] } };
}

function errorHook(kind: string, explanations: readonly Explanation[]): pulumi.ErrorHook | undefined {
  const monitor: unknown = pulumi.runtime.getMonitor();
  if (typeof monitor !== "object" || monitor === null || !("registerErrorHook" in monitor)) return undefined;
  if (!hasErrorHooks()) return undefined;
  const all = (shared[key] ??= new WeakMap());
  const hooks = all.get(monitor) ?? new Map<string, pulumi.ErrorHook>();
  all.set(monitor, hooks);
  let hook = hooks.get(kind);
  if (hook === undefined) {
    const explain = AsyncResource.bind((args: pulumi.ErrorHookArgs) => sayHow(explanations, args));
    hook = new pulumi.ErrorHook(`pulumi-certificates: ${kind}`, explain);
    hooks.set(kind, hook);
  }
  return hook;
}

/** What the engine told the SDK at the start of the program, kept where it has no public name. */
function hasErrorHooks(): boolean {
  const { getStore } = state as { getStore?: () => { supportsErrorHooks?: boolean } };
  return typeof pulumi.ErrorHook === "function" && getStore?.().supportsErrorHooks === true;
}

/** The fix of a service's message; undefined where none of the explanations knows it. */
export function fixOf(
  explanations: readonly Explanation[],
  message: string,
  args = {} as pulumi.ErrorHookArgs,
): string | undefined {
  for (const { when, fix } of explanations) {
    const match = when.exec(message);
    if (match !== null) return typeof fix === "string" ? fix : fix(match, args);
  }
  return undefined;
}

/** Only a message: whatever goes wrong here must not hide the error itself. It never asks for another try. */
async function sayHow(explanations: readonly Explanation[], args: pulumi.ErrorHookArgs): Promise<boolean> {
  const on = { urn: pulumi.output(args.urn) } as pulumi.Resource;
  const fix = fixOf(explanations, args.errors[0] ?? "", args);
  if (fix !== undefined) await pulumi.log.error(fix, on);
  return false;
}
