import { createHmac } from "node:crypto";
import { CertificatesError } from "../../errors";
import { parsePrivateKey, privateKeyToPem } from "../../keys/pem";
import { joinPem } from "../../keystores/pem";
import { type TakenCredentials, giveCredentials } from "../../targets/credentials";
import { type AnyTargetKind, kindOfTarget } from "../../targets/registry";
import type { Material } from "../../targets/target";
import { canonicalJson } from "../canonical";
import type { Credentials } from "../define";
import type { DeploymentInputs } from "./state";

interface PassedMaterial {
  certificatePem?: string;
  chainPem?: string;
  trustBundlePem?: string;
  privateKeyPem?: string;
}

function passed(credentials: Credentials): PassedMaterial {
  return credentials.material ?? {};
}

function targetCredentials(credentials: Credentials): TakenCredentials {
  return (credentials.target ?? {}) as TakenCredentials;
}

/** The certificate with its key, as it passes through this run; undefined where it is not known. */
export function materialOf({ certificate }: DeploymentInputs, credentials: Credentials): Material | undefined {
  const { certificatePem, chainPem = "", trustBundlePem, privateKeyPem } = passed(credentials);
  if (certificatePem === undefined) return undefined;
  return {
    certificatePem,
    chainPem,
    fullChainPem: joinPem(certificatePem, chainPem),
    ...(trustBundlePem === undefined ? {} : { trustBundlePem }),
    ...(privateKeyPem === undefined ? {} : { privateKeyPem: inPkcs8(privateKeyPem) }),
    fingerprintSha256: certificate.fingerprintSha256,
    dnsNames: certificate.dnsNames,
  };
}

/** Some servers read nothing else (RFC 5958); keys from elsewhere come in other forms, too. */
function inPkcs8(privateKeyPem: string): string {
  if (privateKeyPem.startsWith("-----BEGIN PRIVATE KEY-----")) return privateKeyPem;
  return privateKeyToPem(parsePrivateKey(privateKeyPem, "certificate.privateKeyPem"));
}

export function neededMaterial(inputs: DeploymentInputs, credentials: Credentials): Material {
  const material = materialOf(inputs, credentials);
  if (material !== undefined) return material;
  throw new CertificatesError(
    "CredentialsMissing",
    `The certificate itself did not reach the deployment ${inputs.name}.`,
    {
      hint: 'Remove ignoreChanges on "credentials" or "*".',
    },
  );
}

export interface OpenTarget {
  readonly kind: AnyTargetKind;
  readonly spec: unknown;
}

/** A target as its kind understands it, with the credentials that pass through this run. */
export function openTarget(target: unknown, credentials: Credentials = {}): OpenTarget {
  const kind = kindOfTarget(target, "target");
  return { kind, spec: kind.parse(giveCredentials(target, targetCredentials(credentials)), "target") };
}

/** What of a host a target occupies: another place is another deployment. */
export function placeOf(target: unknown): string {
  const { kind, spec } = openTarget(target);
  return `${kind.kind}:${kind.place(spec)}`;
}

/**
 * Tells whether credentials of the target changed, without being a hash of them: it is keyed with the certificate's
 * private key, from which nothing can be guessed.
 */
export function credentialsMarker(credentials: Credentials): string | undefined {
  const { privateKeyPem } = passed(credentials);
  const given = targetCredentials(credentials);
  if (privateKeyPem === undefined || Object.keys(given).length === 0) return undefined;
  return createHmac("sha256", privateKeyPem).update(canonicalJson(given)).digest("base64");
}
