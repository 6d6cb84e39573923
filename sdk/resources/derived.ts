import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * Outputs that follow from others. They are worked out in the program when they are asked for: each value that is kept
 * costs the engine in every run of every certificate.
 */

interface WithChain {
  readonly certificatePem: pulumi.Output<string>;
  readonly chainPem: pulumi.Output<string>;
}

export function fullChainOf({ certificatePem, chainPem }: WithChain): pulumi.Output<string> {
  // A CA that awaits its signature has none; a unit test's mocks may leave out either.
  const parts: pulumi.Input<string | undefined>[] = [certificatePem, chainPem];
  return pulumi.all(parts).apply((known) => known.join(""));
}

export function notBeforeOf(certificatePem: pulumi.Output<string>): pulumi.Output<string> {
  return read(certificatePem, ({ validFrom }) => rfc3339(validFrom));
}

export function serialNumberOf(certificatePem: pulumi.Output<string>): pulumi.Output<string> {
  return read(certificatePem, serialOf);
}

export function serialOf({ serialNumber }: X509Certificate): string {
  return serialNumber.toLowerCase();
}

export function rfc3339(text: string): string {
  return new Date(text).toISOString().replace(".000Z", "Z");
}

/** Undefined where there is no certificate yet, and for the texts that a unit test's mocks may give for one. */
function read(pem: pulumi.Output<string>, fact: (certificate: X509Certificate) => string): pulumi.Output<string> {
  return pem.apply((text) => {
    const certificate = parse(text);
    return (certificate && fact(certificate)) as string;
  });
}

function parse(pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
