import * as pulumi from "@pulumi/pulumi";
import { takeCredentials } from "../targets/credentials";

/** Credentials that stand in the program as plain data are taken out at once, those inside outputs when they are known. */
export function splitCredentials<Value>(value: Value): {
  description: pulumi.Output<unknown>;
  credentials: pulumi.Inputs;
} {
  const plain = takeCredentials(value);
  const all = pulumi.output(plain.rest as Record<string, unknown>).apply(takeCredentials);
  const credentials = pulumi
    .all([pulumi.output(plain.credentials), all])
    .apply(([first, { credentials: further }]) => ({ ...first, ...further }));
  return { description: all.apply(({ rest }) => rest), credentials: credentials };
}
