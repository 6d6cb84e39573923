import * as pulumi from "@pulumi/pulumi";
import type { KeyAlgorithm } from "../keys/algorithms";
import type { DistinguishedName } from "../x509/distinguishedName";
import type { ExtendedKeyUsage, KeyUsage } from "../x509/extensions";
import type { Issuer } from "./issuer";

/** The key pair of a certificate. */
export interface PrivateKeyArgs {
  /**
   * `ECDSA-P256`, `ECDSA-P384`, `RSA-2048`, `RSA-3072`, `RSA-4096` or `Ed25519` (private PKI only).
   * Changing it **re-issues** with a new key. @default `ECDSA-P256` for certificates, `ECDSA-P384` for CAs
   */
  algorithm?: pulumi.Input<KeyAlgorithm>;
  /**
   * `always` makes a new key with each renewal, `never` keeps it unless it was compromised. A CA keeps its key until its `generation` changes.
   * Changing it **updates in place** and counts from the next renewal.
   * @default `always`
   */
  rotationPolicy?: pulumi.Input<"always" | "never">;
}

/** What becomes of a certificate whose renewal fails. */
export interface OnRenewalFailureArgs {
  /**
   * A renewal that was due by time and fails keeps the certificate, warns in every run and tries again, until this
   * long before the expiry; from then on the run fails. A duration. Changing it **updates in place**.
   * @default half of the renewal window
   */
  keepUntil?: pulumi.Input<string>;
}

/** Who issues where the first issuer does not, and what becomes of a certificate that nobody issues yet. */
export interface FallbackArgs {
  /**
   * Issuers that are asked, in this order, where `issuer` does not issue: for a first certificate at once, for a renewal
   * when the certificate in use is close to its end (`fallbackBelow`). The next renewal asks `issuer` first again. A
   * fallback issues by the profile and the chain of its own account. Changing them issues nothing by itself. @default none
   */
  fallbackIssuers?: Issuer[];
  /**
   * How long before the end of the certificate in use fallbacks are asked: a duration, or a part of the renewal window
   * (`33%`). Changing it issues nothing by itself. @default a third of the renewal window
   */
  fallbackBelow?: pulumi.Input<string>;
  /**
   * Allows a fallback whose certificates other clients trust: a public CA behind a private one, or the other way round.
   * Changing it issues nothing by itself. @default false
   */
  allowTrustChange?: pulumi.Input<boolean>;
  /**
   * Lets the run go on when the first certificate cannot be issued yet, as for a domain that is not delegated: the
   * outputs stay empty, every run warns and tries again. Deployments of it wait. Changing it **updates in place**.
   * @default false: the run fails
   */
  pendingFirstIssuance?: pulumi.Input<boolean>;
}

/** A certificate that is in use already and is to be taken over as it is. */
export interface AdoptArgs {
  /** The certificate, PEM; what follows it in the text is taken as its chain. @default `certificatePath` is read */
  certificatePem?: pulumi.Input<string>;
  /** A PEM file instead, read by the machine that runs Pulumi. @default none */
  certificatePath?: pulumi.Input<string>;
  /** Intermediates, the issuing one first. @default what follows the certificate in its PEM text */
  chainPem?: pulumi.Input<string>;
  /** The roots, PEM. @default `trustBundlePath` is read */
  trustBundlePem?: pulumi.Input<string>;
  /** A PEM file with the roots instead, read by the machine that runs Pulumi. @default none */
  trustBundlePath?: pulumi.Input<string>;
  /** Its private key, PEM. Write-only as an argument; it becomes the resource's secret output. @default the key stays unknown */
  privateKeyPem?: pulumi.Input<string>;
  /** A PEM file with the private key instead. @default none */
  privateKeyPath?: pulumi.Input<string>;
}

/** Arguments that certificates and CAs have in common. */
export interface RenewableArgs {
  /** The common name of the subject (RFC 5280, 4.1.2.6), at most 64 characters. Changing it **re-issues**. @default none */
  commonName?: pulumi.Input<string>;
  /** The other parts of the subject's distinguished name. Changing them **re-issues**. @default empty */
  subject?: pulumi.Input<DistinguishedName>;
  /**
   * Lifetime, a duration such as `90d`, `1y` or `36h`. Changing it **re-issues**.
   * @default `90d` for certificates, `10y` for a root, `3y` for a CA below another
   */
  duration?: pulumi.Input<string>;
  /**
   * How long before the expiry it is renewed, as a duration or as a percentage of the lifetime (`30%`). It must be
   * smaller than `duration` and no shorter than the stack's cadence. Changing it moves the due date **in place**.
   * @default a third of the lifetime, half of it below ten days
   */
  renewBefore?: pulumi.Input<string>;
  /** The key pair. Changing it **re-issues**. @default as each of its properties says */
  privateKey?: pulumi.Input<PrivateKeyArgs>;
  /**
   * Usages of the key (RFC 5280, 4.2.1.3). Changing them **re-issues**.
   * @default `digitalSignature`, for RSA also `keyEncipherment`; for a CA `keyCertSign` and `cRLSign`
   */
  keyUsages?: pulumi.Input<pulumi.Input<KeyUsage>[]>;
  /**
   * Purposes, as names or object identifiers (RFC 5280, 4.2.1.12). Changing them **re-issues**.
   * @default `serverAuth`; for a CA none, which restricts nothing
   */
  extendedKeyUsages?: pulumi.Input<pulumi.Input<ExtendedKeyUsage>[]>;
  /** Any values, compared with those of the last run. Changing one **re-issues**. @default none */
  triggers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * `spkiSha256` of keys that are not to be used any more; the same list can stand on all certificates. Changing it
   * **re-issues**, with a new key, what has a listed key, and nothing else. @default none
   */
  compromisedKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /** What becomes of it when a renewal fails. Changing it **updates in place**. @default as each of its properties says */
  onRenewalFailure?: pulumi.Input<OnRenewalFailureArgs>;
  /** No renewal by time while true. Changing it issues nothing by itself. @default false */
  paused?: pulumi.Input<boolean>;
  /**
   * Who it belongs to, such as `{ team: "payments" }`: metadata, written beside what is deployed. Changing it
   * **updates in place**. @default none
   */
  owner?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Begins with a certificate that is in use already. As long as that one is in use, differences to the arguments are
   * listed (`adoption.differences`) but not due; the schedule or `triggers` bring them in. Removing `adopt` later
   * changes nothing. @default the certificate is issued
   */
  adopt?: AdoptArgs;
}

/** Takes the write-only parts out of the arguments of a certificate or CA. */
export function splitAdopt(adopt: AdoptArgs | undefined): {
  adopt?: pulumi.Input<Record<string, unknown>>;
  credentials: pulumi.Inputs;
} {
  if (adopt === undefined) return { credentials: {} };
  const { privateKeyPem, ...rest } = adopt;
  return {
    adopt: rest,
    credentials: privateKeyPem === undefined ? {} : { adopt: { privateKeyPem: pulumi.secret(privateKeyPem) } },
  };
}
