import * as pulumi from "@pulumi/pulumi";

/** Parts of an output that its types leave out. */
interface Inner<Value> {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<Value>;
}

/** The value of an output; undefined where a preview does not know it. */
export async function valueOf<Value>(input: pulumi.Input<Value | undefined>): Promise<Value | undefined> {
  const output = pulumi.output(input) as unknown as Inner<Value>;
  return (await output.isKnown) ? output.promise() : undefined;
}
