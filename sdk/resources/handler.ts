import * as pulumi from "@pulumi/pulumi";
import { renewalHook } from "./renewalHook";

/** The resource types, and under which name `pulumi-certificates/provider` exports what is behind them. */
export const providerExports = {
  CertificateAuthority: "certificateAuthority",
  Certificate: "certificate",
  CertificateSet: "certificateSet",
  CertificateDeployment: "certificateDeployment",
  DeploymentSet: "deploymentSet",
  EndpointVerification: "endpointVerification",
  AcmeAccount: "acmeAccount",
} as const;

export type ResourceTypeName = keyof typeof providerExports;

/** The type token that stands in states and policies. */
export function typeToken<Name extends ResourceTypeName>(name: Name): `pulumi-nodejs:dynamic/certificates:${Name}` {
  return `pulumi-nodejs:dynamic/certificates:${name}`;
}

/**
 * The wire form of a dynamic provider: the program's text that the engine keeps with each resource and hands to the
 * provider process. It is a constant, so that no upgrade, install layout or refactoring shows as a difference.
 */
export function handlerText(name: ResourceTypeName): string {
  return `exports.handler=()=>require("pulumi-certificates/provider").${providerExports[name]}`;
}

/** Outputs of every resource that holds one certificate. */
export const certificateOutputs = [
  "certificatePem",
  "chainPem",
  "trustBundlePem",
  "privateKeyPem",
  "notAfter",
  "fingerprintSha256",
  "spkiSha256",
  "renewal",
  "warnings",
  "lastFailure",
] as const;

/** A resource as its provider knows it: project, stack and name. */
export function fullName(name: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
}

/** The inputs of a resource as they go to the engine: its arguments, its outputs to be, and what every provider needs. */
export function wireInputs(
  type: ResourceTypeName,
  name: string,
  args: pulumi.Inputs,
  outputs: readonly string[],
): pulumi.Inputs {
  return {
    ...Object.fromEntries(outputs.map((output) => [output, undefined])),
    ...args,
    name: fullName(name),
    // Taken out by check: a date that comes from the clock of the run is left open in its preview.
    dryRun: pulumi.runtime.isDryRun(),
    __provider: handlerText(type),
  };
}

/** The options of a resource: its secret outputs stay secret, and a line in the preview says why it is due. */
export function wireOptions(
  options: pulumi.CustomResourceOptions | undefined,
  secretOutputs: readonly string[],
  hideDiffs: readonly string[] = [],
  isOrdered = false,
): pulumi.CustomResourceOptions {
  const hook = renewalHook();
  const merged: pulumi.CustomResourceOptions = {
    ...options,
    additionalSecretOutputs: [...(options?.additionalSecretOutputs ?? []), ...secretOutputs],
    ...(hideDiffs.length > 0 && { hideDiffs: [...(options?.hideDiffs ?? []), ...hideDiffs] }),
  };
  if (hook === undefined) return merged;
  const { beforeUpdate = [], beforeCreate = [], ...hooks } = options?.hooks ?? {};
  return {
    ...merged,
    hooks: {
      ...hooks,
      beforeUpdate: [...beforeUpdate, hook],
      // A call for each new resource: only where it says something.
      ...((isOrdered || beforeCreate.length > 0) && { beforeCreate: [...beforeCreate, ...(isOrdered ? [hook] : [])] }),
    },
  };
}
