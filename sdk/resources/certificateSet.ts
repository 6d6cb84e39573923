import * as pulumi from "@pulumi/pulumi";
import type { NameSubtrees } from "../x509/nameConstraints";
import type { RenewableArgs } from "./arguments";
import type { CertificateArgs } from "./certificate";
import { typeToken, wireInputs, wireOptions } from "./handler";
import type { Issuer } from "./issuer";
import { SetMember, type SetOutputs } from "./setMember";
import { announceTimeTravel, reportWarnings } from "./warnings";

/** What a member says for itself: the arguments of a `Certificate`; what it leaves out is taken from the set. */
export type MemberArgs = Pick<
  CertificateArgs,
  | "commonName"
  | "subject"
  | "dnsNames"
  | "ipAddresses"
  | "uris"
  | "emailAddresses"
  | "keyUsages"
  | "extendedKeyUsages"
  | "duration"
  | "privateKey"
  | "renewBefore"
  | "triggers"
  | "csrPem"
>;

/** What manifests may ask for. Kinds of names that are not listed are not permitted. */
export interface PermittedArgs extends NameSubtrees {
  /** The longest `duration`. @default any */
  maxDuration?: string;
  /** The allowed key algorithms. @default all */
  keyAlgorithms?: string[];
}

export interface CertificateSetArgs extends Omit<RenewableArgs, "adopt" | "commonName"> {
  /** Who signs every member: a `CertificateAuthority`, `caIssuer({ … })` or `selfSigned()`. */
  issuer: Issuer;
  /** The members by name. Adding, changing and removing one touches no other. @default none */
  members?: pulumi.Input<Record<string, pulumi.Input<MemberArgs>>>;
  /**
   * YAML or JSON files with more members, `{ certificates: { name: { dnsNames: […] } } }`, that other teams may edit:
   * data only, within `permitted`. Paths are relative to the program's folder. @default none
   */
  manifests?: pulumi.Input<pulumi.Input<string>[]>;
  /** What manifests may ask for; required with `manifests`. */
  permitted?: pulumi.Input<PermittedArgs>;
  /**
   * At most so many renewals by time in one run; the others wait for the next, those with the least life left go first.
   * Changes, first issuances and compromised keys do not wait. @default no limit
   */
  maxRenewalsPerUpdate?: pulumi.Input<number>;
}

const outputs = [
  "certificates",
  "privateKeys",
  "issued",
  "chains",
  "trustBundles",
  "failures",
  "schedule",
  "changes",
  "warnings",
  "lastFailure",
] as const;

/**
 * Many certificates of one issuer in one resource: the engine's cost per resource is paid once.
 *
 * Members are issued, renewed, changed and removed one by one; one that fails neither loses nor blocks the others. The
 * preview names the members that are due, each with its reason, and nothing else. While any member is due, the outputs
 * of all are unknown in the preview: a binding that must not show a difference then takes a `Certificate` of its own.
 * Deleting the set removes its members from the state; none is revoked.
 *
 * @example
 * const fleet = new CertificateSet("fleet", { issuer: issuing, duration: "30d", members: { web: { dnsNames: ["web.internal.example"] } } });
 * export const notAfter = fleet.member("web").notAfter;
 */
export class CertificateSet extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = typeToken("CertificateSet");

  /** Member name → certificate, PEM. */
  declare readonly certificates: pulumi.Output<Record<string, string>>;
  /** Member name → private key, PKCS#8 PEM: a secret. */
  declare readonly privateKeys: pulumi.Output<Record<string, string>>;
  /** Member name → `epoch reason notAfter chain spkiSha256`. */
  declare readonly issued: pulumi.Output<Record<string, string>>;
  /** Chain name → intermediates, PEM. */
  declare readonly chains: pulumi.Output<Record<string, string>>;
  /** Chain name → roots, PEM. */
  declare readonly trustBundles: pulumi.Output<Record<string, string>>;
  /** Members whose last renewal failed while their certificate was kept → `attempts nextAttemptAt message`. */
  declare readonly failures: pulumi.Output<Record<string, string>>;
  /** What the last update was about, a line for each member. */
  declare readonly changes: pulumi.Output<string[]>;
  /** What is not as it should be although it was issued. */
  declare readonly warnings: pulumi.Output<string[] | undefined>;
  /** Why the last renewals failed, while the certificates before them are kept. */
  declare readonly lastFailure: pulumi.Output<string | undefined>;

  readonly #members = new Map<string, SetMember>();
  #outputs: pulumi.Output<SetOutputs> | undefined;

  constructor(name: string, args: CertificateSetArgs, options?: pulumi.CustomResourceOptions) {
    const { issuer, members = {}, ...rest } = args;
    const wire = issuer.issuerInputs();
    const inputs = { ...rest, members: encodeMembers(members), ...wire };
    super(
      CertificateSet.__pulumiType,
      name,
      wireInputs("CertificateSet", name, inputs, outputs),
      wireOptions(options, ["privateKeys"], ["members", "schedule", "certificates", "privateKeys", "issued"]),
    );
    announceTimeTravel();
    reportWarnings(this);
  }

  /** One member, to be used wherever a `Certificate` is: it fails the run if there is no such member. */
  member(name: string): SetMember {
    let member = this.#members.get(name);
    if (member === undefined) {
      const { certificates, issued, chains, trustBundles } = this;
      this.#outputs ??= pulumi
        .all([certificates, issued, chains, trustBundles])
        .apply(([c, i, h, t]) => ({ certificates: c, issued: i, chains: h, trustBundles: t }));
      member = new SetMember(name, this.#outputs, this.privateKeys);
      this.#members.set(name, member);
    }
    return member;
  }
}

/** Each member as one line of JSON: property values are dear at thousands of members. */
function encodeMembers(
  members: pulumi.Input<Record<string, pulumi.Input<MemberArgs>>>,
): pulumi.Input<Record<string, string>> {
  return isPlain(members) ? encodePlain(members as object) : pulumi.output(members).apply(encodePlain);
}

function encodePlain(members: object): Record<string, string> {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, JSON.stringify(member)]));
}

/** Whether there is no output or promise anywhere inside. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return Object.values(value).every(isPlain);
}
