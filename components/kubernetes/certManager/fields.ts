import * as pulumi from "@pulumi/pulumi";
import type { CertificateArgs, DistinguishedName, KeyAlgorithm, PrivateKeyArgs } from "../../../sdk";
import { refusal } from "../../refuse";

/** How cert-manager writes what our arguments say: cert-manager.io/docs/reference/api-docs, CertificateSpec. */

const units = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 } as const;
const day = units.d;
/** What cert-manager's webhook accepts at least, in seconds. */
const least = { duration: units.h, renewBefore: 5 * units.m } as const;

/** Seconds of a duration such as `90d` or `1d12h`. */
function secondsOf(property: string, duration: string): number {
  const parts = [...duration.matchAll(/(\d+)([smhdwy])/g)];
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0);
  if (!/^(\d+[smhdwy])+$/.test(duration) || total === 0 || total > 100 * units.y)
    throw refusal(
      property,
      `"${duration}" is not a duration between 1s and 100y.`,
      'Use whole numbers with s, m, h, d, w or y, for example "90d" or "36h".',
    );
  return total;
}

/** As Go writes a duration: `2160h`, `90m`. It knows no days. */
function goDuration(seconds: number): string {
  if (seconds % units.h === 0) return `${seconds / units.h}h`;
  return seconds % units.m === 0 ? `${seconds / units.m}m` : `${seconds}s`;
}

/** When cert-manager renews. */
export interface Renewal {
  readonly duration?: string;
  readonly renewBefore?: string;
  readonly renewBeforePercentage?: number;
}

/** `duration` and `renewBefore` in cert-manager's fields; what is not given is left to it, or with `fill` to our defaults. */
export function renewalFields(
  args: Pick<CertificateArgs, "duration" | "renewBefore">,
  fill: boolean,
): pulumi.Output<Renewal> {
  return pulumi.output([args.duration, args.renewBefore]).apply((known) => renewal(known, fill));
}

function renewal([duration = "90d", renewBefore]: readonly (string | undefined)[], fill: boolean): Renewal {
  const lifetime = secondsOf("duration", duration);
  if (lifetime < least.duration)
    throw refusal("duration", `"${duration}" is shorter than cert-manager takes.`, "Use at least 1h.");
  const own = { duration: goDuration(lifetime) };
  if (renewBefore === undefined) return fill && lifetime < 10 * day ? { ...own, renewBeforePercentage: 50 } : own;
  const percent = /^(\d{1,2})%$/.exec(renewBefore)?.[1];
  const before = percent === undefined ? secondsOf("renewBefore", renewBefore) : (lifetime * Number(percent)) / 100;
  if (before >= lifetime || before < least.renewBefore)
    throw refusal(
      "renewBefore",
      `"${renewBefore}" of "${duration}" is not between 5m and the lifetime.`,
      "cert-manager takes at least 5m, and less than `duration`.",
    );
  return percent === undefined
    ? { ...own, renewBefore: goDuration(before) }
    : { ...own, renewBeforePercentage: Number(percent) };
}

/** An algorithm and size, as `spec.privateKey` has them. */
export interface PrivateKeyFields {
  readonly algorithm: "RSA" | "ECDSA" | "Ed25519";
  readonly size?: number;
  readonly rotationPolicy: "Always" | "Never";
}

const keys: Readonly<Record<KeyAlgorithm, Omit<PrivateKeyFields, "rotationPolicy">>> = {
  "ECDSA-P256": { algorithm: "ECDSA", size: 256 },
  "ECDSA-P384": { algorithm: "ECDSA", size: 384 },
  "RSA-2048": { algorithm: "RSA", size: 2048 },
  "RSA-3072": { algorithm: "RSA", size: 3072 },
  "RSA-4096": { algorithm: "RSA", size: 4096 },
  Ed25519: { algorithm: "Ed25519" },
};

export function privateKeyFields(args: pulumi.Input<PrivateKeyArgs> | undefined): pulumi.Output<PrivateKeyFields> {
  const given = pulumi.output(args) as pulumi.Output<
    { algorithm?: KeyAlgorithm; rotationPolicy?: "always" | "never" } | undefined
  >;
  return given.apply(privateKey);
}

function privateKey({
  algorithm = "ECDSA-P256",
  rotationPolicy = "always",
}: { algorithm?: KeyAlgorithm; rotationPolicy?: "always" | "never" } = {}): PrivateKeyFields {
  const known = Object.keys(keys).join(", ");
  if (!Object.hasOwn(keys, algorithm))
    throw refusal("privateKey.algorithm", `"${algorithm}" is no algorithm.`, `Use one of: ${known}.`);
  return { ...keys[algorithm], rotationPolicy: rotationPolicy === "never" ? "Never" : "Always" };
}

/** The subject without its common name, as `spec.subject`. */
export interface SubjectFields {
  readonly organizations?: string[];
  readonly organizationalUnits?: string[];
  readonly countries?: string[];
  readonly provinces?: string[];
  readonly localities?: string[];
  readonly streetAddresses?: string[];
  readonly postalCodes?: string[];
  readonly serialNumber?: string;
}

export function subjectFields(subject: DistinguishedName): SubjectFields {
  const list = (value: string | string[] | undefined): string[] | undefined =>
    typeof value === "string" ? [value] : value;
  const fields = {
    organizations: list(subject.organization),
    organizationalUnits: list(subject.organizationalUnit),
    countries: list(subject.country),
    provinces: list(subject.stateOrProvince),
    localities: list(subject.locality),
    streetAddresses: list(subject.streetAddress),
    postalCodes: list(subject.postalCode),
    serialNumber: subject.serialNumber,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** `subject` and the common name, which ours may hold and cert-manager's does not. */
export function subjectAndName(
  args: Pick<CertificateArgs, "subject" | "commonName">,
): pulumi.Output<{ subject?: SubjectFields; commonName?: string }> {
  return pulumi.all([pulumi.output(args.subject), pulumi.output(args.commonName)]).apply(([given, name]) => {
    const subject = subjectFields(given ?? {});
    const commonName = name ?? given?.commonName;
    return {
      ...(Object.keys(subject).length > 0 && { subject }),
      ...(commonName !== undefined && { commonName }),
    };
  });
}
