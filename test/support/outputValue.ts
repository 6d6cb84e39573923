import type * as pulumi from "@pulumi/pulumi";

/** The value of an output once it is known; rejects with what it failed of. */
export function outputValue<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return (output as unknown as { promise(): Promise<Value> }).promise();
}
