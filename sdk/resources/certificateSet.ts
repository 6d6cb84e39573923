import * as pulumi from "@pulumi/pulumi";
import type { NameSubtrees } from "../x509/nameConstraints";
import type { FallbackArgs, RenewableArgs } from "./arguments";
import type { CertificateArgs } from "./certificate";
import { isPlain } from "./isPlain";
import { noteSet } from "./orderForecast";
import { plainStacks } from "./plainStacks";
import { fullName, typeToken, wireInputs, wireOptions } from "./handler";
import { type Issuer, fallbackWire } from "./issuer";
import { type KeySpec, keySpecAsked } from "./keySpec";
import { rootsOfIssuer } from "./knownTrust";
import { type SetContents, SetMember } from "./setMember";
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
  | "profile"
  | "preferredChain"
>;

/** What manifests may ask for. Kinds of names that are not listed are not permitted. */
export interface PermittedArgs extends NameSubtrees {
  /** The longest `duration`. @default any */
  maxDuration?: string;
  /** The allowed key algorithms. @default all */
  keyAlgorithms?: string[];
}

/** Arguments of a {@link CertificateSet}. */
export interface CertificateSetArgs extends Omit<RenewableArgs, "adopt" | "commonName">, FallbackArgs {
  /**
   * Who signs every member: a `CertificateAuthority`, an `AcmeAccount`, `caIssuer({ … })` or `selfSigned()`. Another
   * issuer **re-issues** all members.
   */
  issuer: Issuer;
  /** The members by name. Changing one **re-issues** that one; adding and removing touches no other. @default none */
  members?: pulumi.Input<Record<string, pulumi.Input<MemberArgs>>>;
  /**
   * YAML or JSON files with more members, `{ certificates: { name: { dnsNames: […] } } }`, that other teams may edit:
   * data only, within `permitted`. Paths are relative to the program's folder. Changing a member there is like changing
   * it in `members`. @default none
   */
  manifests?: pulumi.Input<pulumi.Input<string>[]>;
  /** What manifests may ask for; required with `manifests`. Changing it issues nothing by itself. @default manifests may ask for nothing */
  permitted?: pulumi.Input<PermittedArgs>;
  /**
   * At most so many renewals by time in one run; the others wait for the next, those with the least life left go first.
   * Changes, first issuances and compromised keys do not wait. Changing it counts from this run on. @default no limit
   */
  maxRenewalsPerUpdate?: pulumi.Input<number>;
}

const outputs = ["contentsJson", "privateKeysJson", "schedule", "changes", "warnings", "lastFailure"] as const;

/**
 * Many certificates of one issuer in one resource: the engine's cost per resource is paid once.
 *
 * Members are issued, renewed, changed and removed one by one; one that fails neither loses nor blocks the others. The
 * preview names the members that are due, each with its reason, and nothing else. While any member is due, the outputs
 * of all are unknown in the preview: deployments and verifications of the others know that they stay, any other binding
 * that must not show a difference then takes a `Certificate` of its own.
 * Deleting the set removes its members from the state; none is revoked.
 *
 * @example
 * const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1" });
 * const fleet = new CertificateSet("fleet", { issuer: issuing, duration: "30d", members: { web: { dnsNames: ["web.internal.example"] } } });
 * export const notAfter = fleet.member("web").notAfter;
 */
export class CertificateSet extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = typeToken("CertificateSet");

  /** JSON of what was issued: read it through `member(name)`, `certificates` and `failures`. */
  declare readonly contentsJson: pulumi.Output<string>;
  /** JSON of the private keys, a secret: read it through `member(name)` and `privateKeys`. */
  declare readonly privateKeysJson: pulumi.Output<string>;
  /** What the last update was about, a line for each member. */
  declare readonly changes: pulumi.Output<string[]>;
  /** What is not as it should be although it was issued. */
  declare readonly warnings: pulumi.Output<string[] | undefined>;
  /** Why the last renewals failed, while the certificates before them are kept. */
  declare readonly lastFailure: pulumi.Output<string | undefined>;

  /** Member name → certificate, PEM. */
  readonly certificates: pulumi.Output<Readonly<Record<string, string>>>;
  /** Member name → private key, PKCS#8 PEM: a secret. */
  readonly privateKeys: pulumi.Output<Readonly<Record<string, string>>>;
  /** Members whose last renewal failed while their certificate was kept → `attempts nextAttemptAt message`. */
  readonly failures: pulumi.Output<Readonly<Record<string, string>>>;

  /** @internal Known from the program, unless manifests or outputs name some of them. */
  readonly memberNames: readonly string[] | pulumi.Output<readonly string[]>;

  readonly #contents: pulumi.Output<SetContents | undefined>;
  readonly #members = new Map<string, SetMember>();
  readonly #trustBundle: () => pulumi.Output<string> | undefined;
  readonly #keySpecOf: (member: string) => pulumi.Output<KeySpec | undefined>;
  /** @internal Project, stack and name, by which its provider knows it. */
  readonly __source: { readonly name: string };

  constructor(name: string, args: CertificateSetArgs, options?: pulumi.CustomResourceOptions) {
    const { issuer, fallbackIssuers, members = {}, ...rest } = args;
    const wire = issuer.issuerInputs();
    const { issuer: issuerInputs, credentials, directory, defaults } = wire;
    const fallback = fallbackWire(fallbackIssuers);
    const inputs = {
      ...defaults,
      ...rest,
      ...fallback.inputs,
      members: encodeMembers(members),
      ...(issuerInputs && { issuer: issuerInputs }),
      credentials: { ...credentials, ...fallback.credentials },
    };
    const registered = plainStacks();
    super(
      CertificateSet.__pulumiType,
      name,
      wireInputs("CertificateSet", name, inputs, outputs),
      wireOptions(
        options,
        ["privateKeysJson", "pendingOrdersJson"],
        ["members", "schedule", "contentsJson", "privateKeysJson"],
        directory !== undefined,
      ),
    );
    registered();
    this.__source = { name: fullName(name) };
    this.#trustBundle = () => (fallbackIssuers === undefined ? rootsOfIssuer(issuer) : undefined);
    // A member of a manifest has no arguments here: then a preview knows its key only from its certificate.
    this.#keySpecOf = (member) =>
      keySpecAsked(
        pulumi.output(members).apply((all) => all[member] && { ...rest, ...all[member] }),
        wire,
      );
    this.#contents = this.contentsJson.apply(parseContents);
    this.certificates = this.#contents.apply((contents) => contents?.certificates ?? {});
    this.failures = this.#contents.apply((contents) => contents?.failures ?? {});
    this.privateKeys = this.privateKeysJson.apply(parseKeys);
    const areKnown = rest.manifests === undefined && !isOutput(members);
    this.memberNames = areKnown ? Object.keys(members) : this.#contents.apply(namesIn);
    announceTimeTravel();
    if (directory !== undefined) noteSet(name, directory, this.contentsJson);
    reportWarnings(this);
  }

  /** One member, to be used wherever a `Certificate` is: it fails the run if there is no such member. */
  member(name: string): SetMember {
    let member = this.#members.get(name);
    if (member === undefined) {
      const keySpec = () => this.#keySpecOf(name);
      const forecast = { keySpec, trustBundle: this.#trustBundle };
      member = new SetMember(name, this.__source.name, this.#contents, this.privateKeys, forecast);
      this.#members.set(name, member);
    }
    return member;
  }
}

/** A unit test's mocks may leave the outputs out. */
function parseContents(json: string | undefined): SetContents | undefined {
  return json === undefined ? undefined : (JSON.parse(json) as SetContents);
}

function namesIn(contents: SetContents | undefined): string[] {
  return Object.keys({ ...contents?.failures, ...contents?.certificates });
}

function isOutput(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

function parseKeys(json: string | undefined): Readonly<Record<string, string>> {
  return json === undefined ? {} : (JSON.parse(json) as Readonly<Record<string, string>>);
}

/** One JSON text for all members: property values are dear at thousands of them. */
function encodeMembers(members: pulumi.Input<Record<string, pulumi.Input<MemberArgs>>>): pulumi.Input<string> {
  return isPlain(members) ? JSON.stringify(members) : pulumi.jsonStringify(members);
}
