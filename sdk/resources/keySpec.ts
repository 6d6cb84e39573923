import * as pulumi from "@pulumi/pulumi";
import { knownDirectory } from "../acme/knownDirectories";
import { algorithmFacts, isKeyAlgorithm } from "../keys/algorithms";
import { extendedKeyUsageOids } from "../x509/extensions";
import type { RenewableArgs } from "./arguments";
import type { CertificateToDeploy } from "./certificateDeployment";
import type { IssuerWire } from "./issuer";
import { valueOf } from "./knownValue";

/** The kind of a certificate's key, and what it may be used for: what some services do not let change in place. */
export interface KeySpec {
  /** `ECDSA-P256`, `RSA-2048`, `Ed25519`, or a like name for another key. */
  readonly algorithm: string;
  /** RFC 5280, 4.2.1.3. @default the certificate does not restrict them */
  readonly keyUsages?: readonly string[];
  /** Names, or object identifiers that have none (RFC 5280, 4.2.1.12). @default the certificate does not restrict them */
  readonly extendedKeyUsages?: readonly string[];
  /** @internal The certificate is for a request from elsewhere (`csrPem`), where its key is. */
  readonly isKeyElsewhere?: boolean;
}

/** @internal A certificate whose arguments say what it will be. It is asked only when somebody needs to know. */
export interface WithKeySpec {
  readonly __keySpec?: () => pulumi.Output<KeySpec | undefined>;
}

/** @internal The arguments that say what the key of a certificate will be. */
export interface KeyArguments extends Pick<RenewableArgs, "privateKey" | "keyUsages" | "extendedKeyUsages"> {
  readonly csrPem?: pulumi.Input<string>;
  readonly profile?: pulumi.Input<string>;
}

/**
 * The key of a certificate and its usages. It is read from the certificate; in a preview in which that one is due, it is
 * what its arguments ask for, so that a preview can tell a renewal from a change of the key. Undefined in a preview that
 * knows neither.
 */
export function keySpecOf(certificate: CertificateToDeploy): pulumi.Output<KeySpec | undefined> {
  return pulumi.output(readSpec(certificate));
}

async function readSpec(certificate: CertificateToDeploy & WithKeySpec): Promise<KeySpec | undefined> {
  const pem = await valueOf(certificate.certificatePem);
  return (pem === undefined ? undefined : specIn(pem)) ?? (await valueOf(certificate.__keySpec?.()));
}

/** Undefined where there is no certificate yet, and for the texts that a unit test's mocks may give for one. */
function specIn(pem: string): KeySpec | undefined {
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) return undefined;
  const { parseCertificates } = require("../x509/parse") as typeof import("../x509/parse");
  const facts = parseCertificates(pem, "certificatePem")[0];
  return facts && specOf(facts.keyAlgorithm, facts.keyUsages, facts.extendedKeyUsages);
}

/** @internal What a certificate with these arguments will have: what is left out is as issuance makes it. */
export function keySpecAsked(
  input: pulumi.Input<KeyArguments | undefined>,
  { directory, defaults }: Pick<IssuerWire, "directory" | "defaults">,
): pulumi.Output<KeySpec | undefined> {
  return pulumi.all([input, directory, defaults]).apply(([args, url, given]) => {
    if (args === undefined) return undefined;
    const algorithm =
      args.csrPem === undefined ? (args.privateKey?.algorithm ?? "ECDSA-P256") : keyOfRequest(args.csrPem);
    if (algorithm === undefined) return undefined;
    const profile = args.profile ?? (given as { profile?: string } | undefined)?.profile;
    const enciphers =
      isKeyAlgorithm(algorithm) && algorithmFacts[algorithm].enciphers && !isWithoutEncipherment(url, profile);
    const spec = specOf(
      algorithm,
      args.keyUsages ?? ["digitalSignature", ...(enciphers ? ["keyEncipherment"] : [])],
      args.extendedKeyUsages ?? ["serverAuth"],
    );
    return args.csrPem === undefined ? spec : { ...spec, isKeyElsewhere: true };
  });
}

/** A public CA decides on usages by itself. */
function isWithoutEncipherment(directory: string | undefined, profile: string | undefined): boolean {
  if (directory === undefined || profile === undefined) return false;
  return knownDirectory(directory)?.profiles[profile]?.withoutKeyEncipherment ?? false;
}

function keyOfRequest(pem: string): string | undefined {
  if (!pem.includes("CERTIFICATE REQUEST-----")) return undefined;
  const { parseCsr } = require("../x509/csr") as typeof import("../x509/csr");
  return parseCsr(pem, "csrPem").keyAlgorithm;
}

const namesOfUsages: ReadonlyMap<string, string> = new Map(
  Object.entries(extendedKeyUsageOids).map(([name, oid]) => [oid, name]),
);

/** Sorted, since their order means nothing. */
function specOf(algorithm: string, keyUsages?: readonly string[], extendedKeyUsages?: readonly string[]): KeySpec {
  return {
    algorithm,
    ...(keyUsages && { keyUsages: [...new Set(keyUsages)].sort() }),
    ...(extendedKeyUsages?.length && {
      extendedKeyUsages: [...new Set(extendedKeyUsages.map((usage) => namesOfUsages.get(usage) ?? usage))].sort(),
    }),
  };
}
