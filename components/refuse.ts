import * as pulumi from "@pulumi/pulumi";
import { messageOf, invalidArgument } from "../sdk/errors";

/**
 * An argument of a component that can never work, thrown in the program so that the preview fails: which property, which
 * value, what was expected, and the fix. Without its stack, which Node prints for minutes when it leads through the SDK.
 */
export function refusal(property: string, problem: string, fix: string): Error {
  return withoutStack(invalidArgument(property, problem, fix));
}

/** What `check` throws about a known value, thrown without its stack. Unknown values are not asked. */
export function checked<Value>(input: pulumi.Input<Value>, check: (value: Value) => void): pulumi.Output<Value> {
  return pulumi.output(input).apply((value) => {
    try {
      check(value as Value);
    } catch (error) {
      throw withoutStack(error);
    }
    return value;
  }) as pulumi.Output<Value>;
}

function withoutStack(error: unknown): Error {
  const refused = new pulumi.RunError(messageOf(error));
  refused.stack = refused.message;
  return refused;
}
