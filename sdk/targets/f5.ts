import type { Input } from "@pulumi/pulumi";
import { CertificatesError, invalidArgument } from "../errors";
import type { CertificateDescription } from "./describedCertificate";
import { credentialsOf } from "./f5/access";
import { BigIp } from "./f5/bigIp";
import { bindProfile, markConfirmed, markCurrent, markRestored } from "./f5/change";
import { assertUnclaimed, makeRoom } from "./f5/claim";
import { find } from "./f5/find";
import { observeF5 } from "./f5/observe";
import { retireOnF5, withdrawFromF5 } from "./f5/retire";
import { type F5Spec, markObject, parseF5 } from "./f5/spec";
import { stageKeptOnF5, stageOnF5 } from "./f5/stage";
import type { Host } from "./hosts/host";
import { localHost } from "./hosts/local";
import { type PreflightContext, defineTarget } from "./target";

/** Arguments of `f5`. */
export interface F5Args {
  /**
   * The management address of the BIG-IP, `https://bigip.example.com` or with a port. Its management certificate is
   * verified. Changing it deploys to the new place, then ends the deployment in the old one as `onDelete` says.
   */
  readonly address: Input<string>;
  /**
   * A user with the role Administrator, which uploading files needs. Changing it takes effect with the next deployment.
   * @default the environment variable BIGIP_USER
   */
  readonly user?: Input<string>;
  /**
   * The user's password. Kept out of the state; changing it deploys again. A refresh and a deletion have no secrets of
   * the program and take it from the environment.
   * @default the environment variable BIGIP_PASSWORD
   */
  readonly password?: Input<string>;
  /**
   * A token of iControl REST instead of user and password. Kept out of the state. It is not deleted afterwards.
   * @default the environment variable BIGIP_TOKEN_VALUE; else a token is made with user and password, and deleted
   */
  readonly token?: Input<string>;
  /**
   * Where the user is known: `tmos` for local users and for LDAP, RADIUS and TACACS+ as the BIG-IP is configured.
   * Changing it takes effect with the next deployment.
   * @default "tmos"
   */
  readonly loginProvider?: Input<string>;
  /**
   * Roots that verify the management certificate, in PEM, besides the public ones. For one that is self-signed: that
   * certificate. Changing it takes effect with the next deployment.
   * @default the public roots
   */
  readonly caBundlePem?: Input<string>;
  /**
   * The full path of an existing client SSL profile, `/Common/clientssl-web`. Only its certificate is changed: other
   * settings stay as they are, and so do certificates of other key types. Changing it deploys to the new place, then
   * ends the deployment in the old one as `onDelete` says.
   */
  readonly clientSslProfile: Input<string>;
  /**
   * The partition in which keys, certificates and the data group that remembers them are made. Changing it deploys to
   * the new place, then ends the deployment in the old one.
   * @default the partition of the profile
   */
  readonly partition?: Input<string>;
  /**
   * What the objects are called, before a fingerprint, and the entry of the profile: letters, digits and `. _ -`.
   * Changing it deploys to the new place, then ends the deployment in the old one.
   * @default the name of the profile
   */
  readonly name?: Input<string>;
  /**
   * Whether a certificate of the same key type that something else put into the profile may be replaced. It is kept as
   * the previous revision. The BIG-IP's own `default.crt` is always replaced. Changing it takes effect with the next
   * deployment.
   * @default false: such a certificate is refused
   */
  readonly takeOver?: Input<boolean>;
  /**
   * What deleting the resource does: `leave` keeps the certificate in the profile; `remove` takes it out, so that the
   * profile has the certificate of its parent profile again, and deletes the objects that this resource made. Changing
   * it updates in place.
   * @default "leave"
   */
  readonly onDelete?: Input<"leave" | "remove">;
}

/** An `f5` target in a program. */
export type F5Target = F5Args & { readonly kind: "f5" };

/**
 * The certificate of a client SSL profile of an F5 BIG-IP (TMOS 14.1 or later), through iControl REST. Each certificate
 * gets objects of its own; BIG-IP validates the profile with the new ones and changes over in one transaction, so that
 * new connections get the new certificate and none ends. The configuration is saved once it is served.
 */
export function f5(args: F5Args): F5Target {
  return { ...args, kind: "f5" };
}

/** SSL Administration, "Supported certificate/key types": RSA and ECDSA; curves as the SSL certificate API names them. */
const acceptedKeys = /^(RSA-(2048|3072|4096)|ECDSA-P(256|384|521))$/;

function assertUsable({ keyAlgorithm, hasPrivateKey }: CertificateDescription): void {
  if (hasPrivateKey === false) {
    throw invalidArgument(
      "target.clientSslProfile",
      "the certificate has no private key here: it was issued for a CSR, or adopted without its key.",
      "Deploy one that has its key.",
    );
  }
  if (keyAlgorithm === undefined || acceptedKeys.test(keyAlgorithm)) return;
  const fix = "Use RSA of 2048 bits or more, or ECDSA with P-256 or P-384.";
  throw invalidArgument("certificate", `a client SSL profile takes no key of the kind ${keyAlgorithm}.`, fix);
}

/** It is reached from the machine that runs Pulumi, whatever the hosts are. */
function assertHere(host: Host): void {
  if (host.name === localHost.name) return;
  const fix = "Leave waves out; give several BIG-IPs a deployment each.";
  throw invalidArgument("waves", "an f5 target is reached over HTTPS, not through hosts.", fix);
}

async function preflight(spec: F5Spec, { host, resource, until }: PreflightContext<F5Spec>): Promise<void> {
  assertHere(host);
  // A preview may not know them yet.
  if (credentialsOf(spec) === undefined) return;
  try {
    await BigIp.use(spec, (bigIp) => assertDeployable(bigIp, spec, resource, until), false);
  } catch (error) {
    // One that is down is a matter of the run, which may have other work to do.
    if (!CertificatesError.is(error) || error.code !== "Unreachable") throw error;
  }
}

async function assertDeployable(bigIp: BigIp, spec: F5Spec, resource: string, until?: F5Spec): Promise<void> {
  const found = await find(bigIp, spec);
  if (found.profile === undefined) {
    const problem = `${spec.address} has no client SSL profile ${spec.clientSslProfile}.`;
    throw invalidArgument("target.clientSslProfile", problem, "Make it first; only its certificate is changed here.");
  }
  assertUnclaimed(spec, found.mark, { resource });
  const isOwn = until !== undefined && until.address === spec.address && markObject(until) === markObject(spec);
  if (!isOwn) await makeRoom(bigIp, spec, found, { resource }, () => Promise.resolve(undefined));
}

export const f5Target = defineTarget<F5Spec, F5Target>({
  kind: "f5",
  factory: f5,
  isRemote: true,
  parse: parseF5,
  acceptDescribed: (_spec, certificate) => assertUsable(certificate),
  accept: () => undefined,
  place: (spec) => `${spec.address}${spec.clientSslProfile} (${markObject(spec)})`,
  preflight,
  observe: (spec, { instance }) => BigIp.use(spec, (bigIp) => observeF5(bigIp, spec, instance)),
  stage(spec, material, { host, instance }) {
    assertHere(host);
    return BigIp.use(spec, (bigIp) => stageOnF5(bigIp, spec, material, instance));
  },
  stageKept: (spec, revision, { instance }) =>
    BigIp.use(spec, (bigIp) => stageKeptOnF5(bigIp, spec, revision, instance)),
  checkStaged: (spec, { id }, { instance }) => BigIp.use(spec, (bigIp) => bindProfile(bigIp, spec, id, instance, true)),
  switch: (spec, { id }, { instance }) => BigIp.use(spec, (bigIp) => markCurrent(bigIp, spec, id, instance)),
  async reload(spec, { id }, { instance }) {
    try {
      await BigIp.use(spec, (bigIp) => bindProfile(bigIp, spec, id, instance, false));
    } catch (error) {
      if (!CertificatesError.is(error) || error.code !== "TargetRefused") throw error;
      // It was validated before: what changed meanwhile may change again.
      throw new CertificatesError("DeploymentFailed", error.message, { cause: error, retryable: true });
    }
  },
  describeReload: ({ clientSslProfile }) => `changes ${clientSslProfile} in one transaction`,
  confirm: (spec, _current, { instance }) => BigIp.use(spec, (bigIp) => markConfirmed(bigIp, spec, instance)),
  restore: (spec, { instance }) => BigIp.use(spec, (bigIp) => markRestored(bigIp, spec, instance)),
  retire: (spec, finished, { instance }) => BigIp.use(spec, (bigIp) => retireOnF5(bigIp, spec, instance, finished)),
  async withdraw(spec, { instance }) {
    // A deletion has no secrets of the program; what is to stay needs none.
    if (spec.onDelete === "leave" && credentialsOf(spec) === undefined) return;
    await BigIp.use(spec, (bigIp) => withdrawFromF5(bigIp, spec, instance));
  },
});
