import { invalidArgument } from "../../errors";
import type { Endpoint } from "../../verify/endpoint";
import type { Credentials } from "../define";
import type { DeploymentInputs } from "../deployment/state";
import type { CertificateSource } from "../runCertificates";
import { assertMemberName } from "../set/members";
import { isUnknown } from "../unknown";
import { type MemberMaterial, type Seen, materialsOf } from "./materials";

/** What the program passes to every check and `check` takes out: only what came of it stays. */
export interface PassedInputs {
  /** The set that the certificates come from, or by name the resource that each of them comes from. */
  readonly source?: CertificateSource | Readonly<Record<string, CertificateSource>> | undefined;
  /** Of certificates that are no set, by name. */
  readonly fingerprints?: Readonly<Record<string, string>> | undefined;
}

/** As `check` returns them. */
export interface DeploymentSetInputs {
  /** Project, stack and name. */
  readonly name: string;
  /** JSON: member name → its target and endpoints, without credentials. */
  readonly targets: string;
  /** JSON: member name → {@link Seen} as one text. */
  readonly certificates: string;
  readonly waves?: { readonly kind: string }[][];
  readonly concurrency?: number;
  readonly timeout?: string;
  /** Members that go back to their previous certificate. */
  readonly previous?: string[];
  readonly owner?: Readonly<Record<string, string>>;
  /** Which members this run is about and why: what a preview shows. */
  readonly changes: string[];
  /** What a refresh found changed; the next deployment takes it out. */
  readonly drift?: string[];
}

/** A member's place, as the program described it. */
export interface MemberTarget {
  readonly target: { readonly kind: string };
  readonly endpoints?: Endpoint[];
}

export type MemberTargets = Readonly<Record<string, MemberTarget>>;

export function parseTargets(text: string): MemberTargets {
  const targets = JSON.parse(text) as MemberTargets;
  for (const name of Object.keys(targets)) assertMemberName(name, "certificates");
  return targets;
}

export function formatCertificates(certificates: ReadonlyMap<string, Seen>): string {
  const texts = [...certificates].map(([name, { fingerprintSha256, chainSha256 }]) => [
    name,
    `${fingerprintSha256} ${chainSha256}`,
  ]);
  return JSON.stringify(Object.fromEntries(texts));
}

export function parseCertificates(text: string): ReadonlyMap<string, Seen> {
  const texts = JSON.parse(text) as Record<string, string>;
  return new Map(
    Object.entries(texts).map(([name, seen]) => {
      const [fingerprintSha256 = "", chainSha256 = ""] = seen.split(" ");
      return [name, { fingerprintSha256, chainSha256 }];
    }),
  );
}

/** One member as if it were a deployment of its own. */
export interface Member {
  readonly name: string;
  readonly view: DeploymentInputs;
  readonly credentials: Credentials;
}

/** The members whose certificates are known, with what of their credentials passes through this run. */
export function membersOf(news: DeploymentSetInputs, credentials: Credentials = {}): Member[] {
  if (isUnknown(news.targets) || isUnknown(news.certificates)) return [];
  const seen = parseCertificates(news.certificates);
  const materials = materialsOf(credentials);
  return Object.entries(parseTargets(news.targets)).map(([name, given]) => ({
    name,
    view: memberView(news, name, given, seen.get(name), materials?.get(name)),
    credentials: memberCredentials(name, credentials, materials?.get(name)),
  }));
}

export function memberView(
  news: DeploymentSetInputs,
  name: string,
  given: MemberTarget,
  seen: Seen | undefined,
  material: MemberMaterial | undefined,
): DeploymentInputs {
  const { waves, concurrency, timeout, owner, previous } = news;
  const { fingerprintSha256 = "", chainSha256 = "" } = seen ?? {};
  return {
    name: `${news.name}/${name}`,
    certificate: {
      fingerprintSha256,
      chainSha256,
      get dnsNames() {
        return [...(material?.dnsNames ?? [])];
      },
    },
    ...given,
    ...(waves !== undefined && { waves }),
    ...(concurrency !== undefined && { concurrency }),
    ...(timeout !== undefined && { timeout }),
    ...(owner !== undefined && { owner }),
    ...(previous?.includes(name) === true && { revision: "previous" as const }),
  };
}

export function memberCredentials(
  name: string,
  credentials: Credentials,
  material: MemberMaterial | undefined,
): Credentials {
  const { targets, waves } = credentials as { targets?: Record<string, object>; waves?: unknown };
  return { ...(material && { material }), ...targets?.[name], ...(waves !== undefined && { waves }) };
}

export function assertPrevious(previous: readonly string[] | undefined, targets: MemberTargets): void {
  for (const [index, name] of (previous ?? []).entries()) {
    if (name in targets) continue;
    throw invalidArgument(
      `previous[${index}]`,
      `"${name}" is no member that is deployed.`,
      "Name a member of the set.",
    );
  }
}
