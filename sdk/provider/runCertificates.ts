import type { Schedule } from "../lifecycle/setSchedule";
import type { CertificateDescription } from "../targets/describedCertificate";

/** A certificate that this run leaves as it is, although its outputs may be unknown in the preview. */
export interface KeptCertificate {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly trustBundlePem: string;
  readonly privateKeyPem?: string | undefined;
  readonly dnsNames: readonly string[];
}

/** Where a certificate comes from: a resource of this stack by project, stack and name, and for a set the member. */
export interface CertificateSource {
  readonly name: string;
  readonly member?: string;
}

interface Seen {
  readonly describe: (member?: string) => CertificateDescription | undefined;
  readonly kept?: (member?: string) => KeptCertificate | undefined;
  /** Of the members of a set. */
  readonly schedules?: Readonly<Record<string, Schedule>> | undefined;
  /** Two resources have this name, under different parents: nobody can tell which one is meant. */
  readonly isAmbiguous?: boolean;
}

type Kind = "authority" | "certificate" | "set";

/**
 * What the resources of this preview said of the certificates that they are about to issue, or are not: what depends on
 * them is checked after them, by the same process, and finds their outputs unknown.
 */
const seen = new Map<string, Seen>();

/** Takes note of a check. `describe` is called when something asks, if ever. */
export function noteChecked(kind: Kind, name: string, describe: Seen["describe"], schedules?: Seen["schedules"]): void {
  const key = `${kind} ${name}`;
  seen.set(key, { describe, schedules, ...(seen.has(key) && { isAmbiguous: true }) });
}

/** The schedules of a set's members, whose dates may be unknown. */
export function schedulesIn(name: string): Seen["schedules"] {
  return find("set", name)?.schedules;
}

/** Takes note of a diff: what this run will not issue. */
export function noteKept(kind: Kind, name: string, kept: NonNullable<Seen["kept"]>): void {
  const key = `${kind} ${name}`;
  const before = seen.get(key);
  if (before !== undefined) seen.set(key, { ...before, kept });
}

function find(kind: Kind, name: string): Seen | undefined {
  const found = seen.get(`${kind} ${name}`);
  return found?.isAmbiguous === true ? undefined : found;
}

function of({ name, member }: CertificateSource): Seen | undefined {
  return find(member === undefined ? "certificate" : "set", name);
}

/** What is known of a certificate that is about to be issued; undefined if nothing is. */
export function describedIn(source: CertificateSource | undefined): CertificateDescription | undefined {
  return source && of(source)?.describe(source.member);
}

/** The certificate as it is and stays; undefined if it is about to be issued, or nothing is known of it. */
export function keptIn(source: CertificateSource | undefined): KeptCertificate | undefined {
  return source && of(source)?.kept?.(source.member);
}

const stayed = new Set<string>();

/** Takes note of a certificate that this run was to replace and could not, by the name that its failure is told with. */
export function noteStays(name: string): void {
  stayed.add(name);
}

/** Whether this run was to replace a certificate, as its preview said, and kept it instead. */
export function hasStayed({ name, member }: CertificateSource): boolean {
  return stayed.has(member === undefined ? name : `${name}/${member}`);
}

/** What kind of key a CA of this stack has, by its URN: `urn:pulumi:stack::project::type::name`. */
export function keyOfAuthority(urn: string): string | undefined {
  const [stack = "", project = "", , ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
  return find("authority", `${project}/${stack}/${name.join("::")}`)?.describe()?.keyAlgorithm;
}

/** As at the beginning of a run. */
export function forgetRun(): void {
  seen.clear();
  stayed.clear();
}
