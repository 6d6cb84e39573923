import type * as pulumi from "@pulumi/pulumi";
import { formatInstant } from "../duration";
import { type CountedCertificate, orderedNames } from "../lifecycle/countedOrders";
import { isBackingOff } from "../lifecycle/backoff";
import { type Reason, mayKeepOnFailure } from "../lifecycle/reasons";
import { type RecordedCertificate, type WantedCertificate, orderReason, serviceDueAt } from "../lifecycle/serviceDue";
import { parseFailed, parseIssued, parseSchedule } from "../lifecycle/setSchedule";
import { parseCsr } from "../x509/csr";

/** The moment for which a preview decides what is due, and the time between two runs. */
export interface PreviewTime {
  readonly now: number;
  readonly cadence: number;
}

/** A certificate of an ACME account, as a preview has found it. */
export interface FoundCertificate extends CountedCertificate {
  /** Why it is ordered in the run, if it is. */
  readonly reason?: Reason;
  /** When it was due by its end or by the CA's window. */
  readonly dueAt?: string;
}

type Properties = Readonly<Record<string, unknown>>;

/** Outputs of a certificate, or of a member. */
interface Recorded extends RecordedCertificate {
  readonly issuedBy?: { readonly directoryUrl: string };
  readonly renewal: { readonly epoch: number; readonly reason: string };
  readonly nextAttemptAt?: string;
}

/** What is about to be created or updated: a certificate, or the members of a set. */
export function foundIn(args: pulumi.ResourceHookArgs, time: PreviewTime): FoundCertificate[] {
  const { name, newInputs = {}, oldOutputs } = args;
  if (newInputs.members !== undefined) return membersIn(name, newInputs, oldOutputs ?? {}, time);
  const wanted = newInputs as Properties & WantedCertificate;
  // A certificate that is taken over is not ordered.
  if (oldOutputs === undefined) return [found(name, wanted, undefined, newInputs.adopt ? undefined : "DoesNotExist")];
  const recorded = oldOutputs as Recorded;
  return [found(name, wanted, recorded, dueReason(wanted, recorded, time), time)];
}

/** The members of a set that is about to be created or updated. */
export function membersIn(set: string, inputs: Properties, outputs: Properties, time: PreviewTime): FoundCertificate[] {
  const { members, schedule, ...common } = inputs;
  if (!isJson(members) || !isJson(schedule)) return [];
  const schedules = JSON.parse(schedule) as Record<string, string>;
  const contents = contentsIn(outputs.contentsJson);
  return Object.entries(JSON.parse(members) as Record<string, Properties>).map(([member, own]) => {
    const renewal = parseSchedule(schedules[member] ?? "");
    const wanted = { ...common, ...own, name: `${String(inputs.name)}/${member}`, renewal } as Properties &
      WantedCertificate;
    const recorded = contents[member];
    return found(`${set}/${member}`, wanted, recorded, dueReason(wanted, recorded, time), time);
  });
}

/** The members of a set by name, out of its outputs. */
function contentsIn(contentsJson: unknown): Record<string, Recorded> {
  if (!isJson(contentsJson)) return {};
  const {
    certificates = {},
    issued = {},
    failures = {},
    services = {},
    answers = {},
  } = JSON.parse(contentsJson) as Contents;
  const names = new Set([...Object.keys(issued), ...Object.keys(failures)]);
  return Object.fromEntries(
    [...names].map((name): [string, Recorded] => {
      const { epoch, reason, notAfter, spkiSha256, service = "" } = parseIssued(issued[name] ?? "0 DoesNotExist");
      const certificatePem = certificates[name];
      const issuedBy = services[service];
      const failed = failures[name];
      return [
        name,
        {
          ...{ notAfter, spkiSha256, renewal: { epoch, reason }, ...answers[name] },
          ...(certificatePem !== undefined && { certificatePem }),
          ...(issuedBy && { issuedBy }),
          ...(failed !== undefined && { nextAttemptAt: parseFailed(failed).nextAttemptAt }),
        },
      ];
    }),
  );
}

interface Contents {
  readonly certificates?: Record<string, string>;
  readonly issued?: Record<string, string>;
  readonly failures?: Record<string, string>;
  readonly services?: Record<string, { directoryUrl: string }>;
  readonly answers?: Record<string, Pick<Recorded, "suggestedRenewal" | "revocation">>;
}

/** The certificates of a set that is not changed. */
export function membersOfOutput(set: string, contentsJson: string): FoundCertificate[] {
  return Object.entries(contentsIn(contentsJson)).map(([name, recorded]) => found(`${set}/${name}`, {}, recorded));
}

function found(
  resource: string,
  wanted: Partial<WantedCertificate> & Properties,
  recorded: Recorded | undefined,
  reason?: Reason,
  time?: PreviewTime,
): FoundCertificate {
  const { certificatePem, notAfter, suggestedRenewal, issuedBy, renewal } = recorded ?? {};
  const isByTime = reason === "Renewing" && recorded !== undefined && time !== undefined;
  return {
    resource,
    names: reason === undefined ? [] : namesIn(wanted),
    ...(certificatePem && { certificatePem }),
    ...(notAfter && { notAfter }),
    ...(suggestedRenewal && { suggestedRenewal }),
    ...(issuedBy && { issuedBy }),
    ...(renewal && { issuedFor: renewal.reason }),
    ...(reason !== undefined && { reason }),
    ...(isByTime && {
      dueAt: formatInstant(serviceDueAt(wanted as Properties & WantedCertificate, recorded, time.cadence)),
    }),
  };
}

/** Why it is ordered in this run; not one that waits for its next attempt. */
function dueReason(
  wanted: Properties & WantedCertificate,
  recorded: Recorded | undefined,
  { now, cadence }: PreviewTime,
): Reason | undefined {
  const nothing: Recorded = { spkiSha256: "", renewal: { epoch: 0, reason: "DoesNotExist" } };
  const reason = orderReason(wanted, recorded ?? nothing, now, cadence);
  const mayWait =
    reason !== undefined &&
    (mayKeepOnFailure(reason) || (reason === "DoesNotExist" && wanted.pendingFirstIssuance === true));
  return mayWait && isBackingOff(recorded?.nextAttemptAt, now) ? undefined : reason;
}

function namesIn({ dnsNames, ipAddresses, csrPem }: Properties): string[] {
  if (typeof csrPem === "string" && csrPem.includes("-----BEGIN"))
    return orderedNames(parseCsr(csrPem, "csrPem").names);
  return orderedNames({ dnsNames: known(dnsNames), ipAddresses: known(ipAddresses) });
}

/** Without what the preview does not know yet. */
function known(names: unknown): string[] {
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

function isJson(text: unknown): text is string {
  return typeof text === "string" && text.startsWith("{");
}
