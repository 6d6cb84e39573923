import { CertificatesError } from "../../sdk/errors";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { localHost } from "../../sdk/targets/hosts/local";
import type { Instance, Material, Observation, Revision, TargetContext } from "../../sdk/targets/target";
import type { F5CertKeyChain } from "./f5Configuration";
import { type F5TestTarget, f5Fixture } from "./targets/f5";
import { issueTestCertificate } from "./testCertificates";

/** Deployments of one resource to a target on the stand-in. */
export class F5Deployments {
  readonly context: TargetContext = f5Context("edge-00000001", "project/stack/edge");

  constructor(readonly target: F5TestTarget) {}

  spec(changes: object = {}): unknown {
    return f5Fixture.kind.parse({ ...this.target.args, ...changes }, "target");
  }

  bring(material: Material, changes: object = {}, verify?: (revision: Revision) => Promise<void>): Promise<Deployed> {
    const { kind } = f5Fixture;
    const deployment = { kind, spec: this.spec(changes), wanted: { material }, context: this.context };
    return deploy({ ...deployment, ...(verify !== undefined && { verify }) });
  }

  observe(): Promise<Observation> {
    return f5Fixture.kind.observe(this.spec(), this.context);
  }

  preflight(changes: object = {}): Promise<void> {
    return f5Fixture.kind.preflight(this.spec(changes), { host: localHost, resource: this.context.instance.resource });
  }

  withdraw(changes: object = {}): Promise<void> {
    return f5Fixture.kind.withdraw(this.spec(changes), this.context);
  }

  /** Changes the profile, as somebody at the BIG-IP would. */
  changeProfile(body: Readonly<Record<string, unknown>>): void {
    const { bigIp, profile } = this.target;
    bigIp.change({ method: "PATCH", collection: "ltm/profile/client-ssl", object: profile, body });
  }

  /** Has the profile use a certificate that somebody else installed. */
  async putByHand(name: string, keyType: "RSA" | "ECDSA"): Promise<F5CertKeyChain & { fingerprintSha256: string }> {
    const { certificatePem, privateKeyPem, fingerprintSha256 } = await issueTestCertificate(undefined, { keyType });
    const { bigIp, profile } = this.target;
    const base = `${profile.replace("clientssl", "theirs")}-${name}`;
    const entry = { name, cert: `${base}.crt`, key: `${base}.key` };
    bigIp.installByHand("certs", entry.cert, certificatePem);
    bigIp.installByHand("keys", entry.key, privateKeyPem);
    this.changeProfile({ certKeyChain: [entry] });
    return { ...entry, fingerprintSha256 };
  }
}

export function f5Context(id: string, resource: string): { host: typeof localHost; instance: Instance } {
  return { host: localHost, instance: { id, resource } };
}

export async function failureOf(work: Promise<unknown>): Promise<CertificatesError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (CertificatesError.is(error)) return error;
  throw new Error("It did not fail.", { cause: error });
}
