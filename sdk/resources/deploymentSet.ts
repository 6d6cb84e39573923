import * as pulumi from "@pulumi/pulumi";
import { takeCredentials } from "../targets/credentials";
import type { HostArgs } from "../targets/hosts/hostArgs";
import type { TargetArgs } from "../targets/registry";
import type { CertificateDeploymentArgs, CertificateToDeploy } from "./certificateDeployment";
import type { CertificateSet } from "./certificateSet";
import type { EndpointArgs } from "./endpointArgs";
import { typeToken, wireInputs, wireOptions } from "./handler";
import { isPlain } from "./isPlain";
import { plainStacks } from "./plainStacks";
import { splitCredentials } from "./splitCredentials";

/** Arguments of a {@link DeploymentSet}. */
export interface DeploymentSetArgs extends Pick<
  CertificateDeploymentArgs,
  "waves" | "concurrency" | "timeout" | "owner"
> {
  /**
   * What to deploy: a `CertificateSet`, whose members are deployed as they come and go, or certificates by name. Another
   * certificate **deploys** that one again.
   */
  certificates: CertificateSet | Readonly<Record<string, CertificateToDeploy>>;
  /**
   * Where and how a member is deployed, from its name, such as `(name) => nginx({ … })`; undefined for one that is not.
   * A check or reload command that several members have in common runs once for all of them. Another target **deploys**
   * that member again; one that is gone ends the deployment of that member as its target says.
   */
  target: (name: string) => TargetArgs | undefined;
  /**
   * Where a member must be served once its target was reloaded, from its name. The server name is the certificate's
   * first DNS name unless it says another. Changing them **verifies** that member again. @default nothing is verified
   */
  endpoints?: (name: string) => EndpointArgs[];
  /**
   * Members that go back to the certificate before the present one, and stay there, whatever is issued meanwhile, until
   * they are no longer listed. Changing it **deploys** those members. @default none
   */
  previous?: pulumi.Input<pulumi.Input<string>[]>;
}

const outputs = ["deployedJson", "changes", "drift", "lastFailure"] as const;

/**
 * Many certificates on the same hosts in one resource: two thousand certificates on two load balancers are one
 * difference with named members.
 *
 * Each member is staged, checked, switched, reloaded and verified like a `CertificateDeployment`, wave after wave; one
 * that fails goes back on the hosts of its wave while the others go on, the run fails, and the next `pulumi up` deals
 * with that one alone. A server is reloaded once for all of its members. The preview names the members that are due,
 * each with its reason. `pulumi refresh` notices what was changed by hand. Deleting it does for each member what its
 * target says.
 *
 * @example
 * const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1" });
 * const members = { web: { dnsNames: ["web.internal.example"] }, api: { dnsNames: ["api.internal.example"] } };
 * const fleet = new CertificateSet("fleet", { issuer: issuing, members });
 * new DeploymentSet("balancer", {
 *   certificates: fleet,
 *   target: (name) => haproxy({ certificatePath: `/etc/haproxy/tls/${name}.pem` }),
 *   endpoints: () => [{ address: "balancer.internal.example" }],
 * });
 */
export class DeploymentSet extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = typeToken("DeploymentSet");

  /** JSON of what is deployed where: read it through `deployedFingerprints`. */
  declare readonly deployedJson: pulumi.Output<string>;
  /** What the last update was about, a line for each member. */
  declare readonly changes: pulumi.Output<string[]>;
  /** What the last refresh found changed by hand, a line for each difference. */
  declare readonly drift: pulumi.Output<string[] | undefined>;
  /** Why the last run could not deploy all members. */
  declare readonly lastFailure: pulumi.Output<string | undefined>;

  /** Member name → host → SHA-256 of the certificate that is deployed there, hexadecimal. */
  readonly deployedFingerprints: pulumi.Output<Readonly<Record<string, Readonly<Record<string, string>>>>>;

  constructor(name: string, args: DeploymentSetArgs, options?: pulumi.CustomResourceOptions) {
    const { certificates, target, endpoints, waves, ...rest } = args;
    const hosts = waves && splitCredentials<HostArgs[][]>(waves);
    const passed = isSet(certificates) ? ofSet(certificates) : ofCertificates(certificates);
    const members = describeMembers(passed.names, target, endpoints);
    const inputs = {
      ...rest,
      targets: members.description,
      certificates: undefined,
      source: passed.source,
      fingerprints: passed.fingerprints,
      ...(hosts && { waves: hosts.description }),
      credentials: pulumi.secret({
        contents: passed.contents,
        privateKeys: passed.privateKeys,
        targets: members.credentials,
        ...(hosts && { waves: hosts.credentials }),
      }),
    };
    const registered = plainStacks();
    super(
      DeploymentSet.__pulumiType,
      name,
      wireInputs("DeploymentSet", name, inputs, outputs),
      wireOptions(options, [], ["targets", "certificates", "deployedJson"]),
    );
    registered();
    this.deployedFingerprints = this.deployedJson.apply(fingerprintsOf);
  }
}

interface Passed {
  readonly names: readonly string[] | pulumi.Output<readonly string[]>;
  readonly contents: pulumi.Input<string>;
  readonly privateKeys: pulumi.Input<string>;
  /** What a preview knows of the certificates although their outputs are unknown; by name, where they are no set. */
  readonly source: Readonly<Record<string, unknown>>;
  /** By name, where they are no set. */
  readonly fingerprints?: Readonly<Record<string, pulumi.Input<string>>>;
}

function isSet(certificates: DeploymentSetArgs["certificates"]): certificates is CertificateSet {
  return pulumi.CustomResource.isInstance(certificates);
}

function ofSet(set: CertificateSet): Passed {
  const { contentsJson, privateKeysJson } = set;
  return {
    names: set.memberNames,
    contents: contentsJson,
    privateKeys: privateKeysJson,
    source: set.__source,
  };
}

function ofCertificates(certificates: Readonly<Record<string, CertificateToDeploy>>): Passed {
  const entries = Object.entries(certificates);
  const members = entries.map(([name, { certificatePem, chainPem, trustBundlePem }]) => {
    return [name, { certificatePem, chainPem, trustBundlePem }] as const;
  });
  const keys = entries.map(([name, { privateKeyPem }]) => [name, privateKeyPem] as const);
  const fingerprints = entries.map(([name, { fingerprintSha256 }]) => [name, fingerprintSha256] as const);
  return {
    names: Object.keys(certificates),
    contents: pulumi.jsonStringify({ members: Object.fromEntries(members) }),
    privateKeys: pulumi.jsonStringify(Object.fromEntries(keys)),
    fingerprints: Object.fromEntries(fingerprints),
    source: Object.fromEntries(entries.map(([name, one]) => [name, (one as { __source?: object }).__source])),
  };
}

interface Described {
  /** JSON, without credentials. */
  readonly description: pulumi.Input<string>;
  readonly credentials: pulumi.Input<Record<string, pulumi.Inputs>>;
}

/** What the functions say of each member. */
function describeMembers(
  names: Passed["names"],
  target: DeploymentSetArgs["target"],
  endpoints: DeploymentSetArgs["endpoints"],
): Described {
  if (pulumi.Output.isInstance(names)) {
    const all = names.apply((known) => {
      const { description, credentials } = describeMembers(known, target, endpoints);
      return pulumi.all([description, pulumi.output(credentials)]);
    });
    return {
      description: pulumi.unsecret(all.apply(([description]) => description)),
      credentials: all.apply(([, taken]) => taken),
    };
  }
  const described: Record<string, object> = {};
  const credentials: Record<string, pulumi.Inputs> = {};
  for (const name of names) {
    const given = target(name);
    if (given === undefined) continue;
    const [where, asked] = [takeCredentials(given), takeCredentials(endpoints?.(name))];
    described[name] = { target: where.rest, ...(endpoints && { endpoints: asked.rest }) };
    const taken = { target: where.credentials, endpoints: asked.credentials };
    if (Object.values(taken).some((one) => Object.keys(one).length > 0)) credentials[name] = taken;
  }
  return { description: isPlain(described) ? JSON.stringify(described) : pulumi.jsonStringify(described), credentials };
}

/** A unit test's mocks may leave the output out. */
function fingerprintsOf(json: string | undefined): Record<string, Record<string, string>> {
  const deployed = JSON.parse(json ?? "{}") as Record<string, { hosts: Record<string, string> }>;
  const entries = Object.entries(deployed).map(([name, { hosts }]) => {
    const fingerprints = Object.entries(hosts).map(([host, text]) => [host, text.split(" ")[1] ?? ""] as const);
    return [name, Object.fromEntries(fingerprints)] as const;
  });
  return Object.fromEntries(entries);
}
