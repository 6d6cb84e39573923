import { X509Certificate } from "node:crypto";
import { certId } from "../acme/certId";
import { type RenewalWindow, suggestedDueMoment } from "./ariWindow";
import type { Reason } from "./reasons";
import { type Plan, dueMoment, isDue, planOf } from "./schedule";

/** What a service issued, and what it said of it since. */
export interface ServiceCertificate {
  readonly certificatePem?: string;
  readonly notAfter?: string;
  /** When the CA asks for renewal (RFC 9773), in RFC 3339. */
  readonly suggestedRenewal?: { readonly start: string; readonly end: string; readonly explanationUrl?: string };
}

/** Which certificate it is, by project, stack and name, and what the user says of its renewal. */
export interface RenewalArguments {
  readonly name: string;
  readonly renewBefore?: string;
}

/** The plan of a certificate whose issuer chose its lifetime: never more than two thirds of it before its end. */
export function planForIssued(
  { name, renewBefore }: RenewalArguments,
  { certificatePem, notAfter = "" }: ServiceCertificate,
): Plan {
  const duration = Date.parse(notAfter) - startOf(certificatePem ?? "");
  const plan = planOf(renewBefore === undefined ? {} : { renewBefore }, `${Math.floor(duration / 1000)}s`, name);
  return { ...plan, renewBefore: Math.min(plan.renewBefore, Math.floor((duration * 2) / 3)) };
}

/** When a certificate was issued, about: CAs let it start up to an hour before. */
export function startOf(certificatePem: string): number {
  return Date.parse(new X509Certificate(certificatePem).validFrom);
}

/** When a certificate of a service is due: by the CA's window while it gives one, else by `renewBefore`. */
export function serviceDueAt(args: RenewalArguments, certificate: ServiceCertificate, cadence: number): number {
  const plan = planForIssued(args, certificate);
  const notAfter = Date.parse(certificate.notAfter ?? "");
  const ownDueAt = dueMoment(plan, notAfter);
  const window = windowOf(certificate);
  if (window === undefined || certificate.certificatePem === undefined) return ownDueAt;
  const { dueAt } = suggestedDueMoment({
    notBefore: notAfter - plan.duration,
    notAfter,
    ownDueAt,
    window,
    certId: certId(certificate.certificatePem),
    resource: args.name,
    cadence,
  });
  return dueAt;
}

/** What the run is asked for, as far as it decides on whether a certificate is ordered again. */
export interface WantedCertificate extends RenewalArguments {
  readonly renewal: { readonly epoch: number; readonly reason: Reason };
  readonly compromisedKeys?: readonly string[];
  readonly paused?: boolean;
}

/** What is recorded of it. */
export interface RecordedCertificate extends ServiceCertificate {
  readonly spkiSha256: string;
  readonly renewal: { readonly epoch: number };
  readonly revocation?: object;
}

/** Why the certificate of a service must be ordered again now, or undefined. */
export function orderReason(
  wanted: WantedCertificate,
  recorded: RecordedCertificate,
  now: number,
  cadence: number,
): Reason | undefined {
  if (!recorded.certificatePem) return "DoesNotExist";
  if (wanted.compromisedKeys?.includes(recorded.spkiSha256) === true) return "KeyCompromised";
  if (recorded.revocation !== undefined) return "Revoked";
  if (wanted.renewal.epoch > recorded.renewal.epoch) return wanted.renewal.reason;
  if (wanted.paused === true) return undefined;
  return isDue(serviceDueAt(wanted, recorded, cadence), now, cadence) ? "Renewing" : undefined;
}

export function windowOf({ suggestedRenewal: suggested }: ServiceCertificate): RenewalWindow | undefined {
  if (suggested === undefined) return undefined;
  const { start, end, explanationUrl } = suggested;
  return { start: Date.parse(start), end: Date.parse(end), ...(explanationUrl !== undefined && { explanationUrl }) };
}
