import type { CertificateDescription } from "./describedCertificate";
import type { Host } from "./hosts/host";

/** What a deployment brings to a target. */
export interface Material {
  readonly certificatePem: string;
  /** The intermediates, issuer after issuer; empty if there are none. */
  readonly chainPem: string;
  readonly fullChainPem: string;
  /** Roots only. */
  readonly trustBundlePem?: string;
  /** Absent for a certificate that was issued for the user's own CSR. */
  readonly privateKeyPem?: string;
  /** SHA-256 of the certificate in hexadecimal. */
  readonly fingerprintSha256: string;
  readonly dnsNames: readonly string[];
}

/** The resource on whose behalf a target is changed. */
export interface Instance {
  /** The resource's id. Its random part was chosen before the first side effect: the mark of this instance. */
  readonly id: string;
  /** Project, stack and name, as people know the resource. */
  readonly resource: string;
  /** Metadata that is written beside what is deployed. */
  readonly owner?: Readonly<Record<string, string>>;
}

/** The steps of a deployment that change something, in their order. */
export type Step =
  "stage" | "checkStaged" | "switch" | "check" | "reload" | "verify" | "confirm" | "restore" | "retire" | "withdraw";

export interface TargetContext {
  readonly host: Host;
  readonly instance: Instance;
  /** Called before each step; what it throws stops the deployment there. */
  readonly beforeStep?: (step: Step) => void | Promise<void>;
}

/** What is known of a resource before it has an id, in a preview. */
export interface PreflightContext<Spec> {
  readonly host: Host;
  readonly resource: string;
  /** What the same resource deployed to until now: its files there are its own, whatever it was called. */
  readonly until?: Spec;
}

/** One deployed state of a target. */
export interface Revision {
  /** Names the revision on its target, opaque to everyone else. */
  readonly id: string;
  /** Undefined for what was taken over and holds no certificate that can be read without its password. */
  readonly fingerprintSha256?: string;
}

export interface StagedRevision extends Revision {
  /** The target holds exactly this already, and it was confirmed: there is nothing to switch or reload. */
  readonly settled: boolean;
  /** An earlier run did not come to its end: the server may use neither this revision nor the one before it. */
  readonly resumed: boolean;
}

export interface Observation {
  readonly current?: Revision;
  /** The one confirmed before it, which is kept to go back to. */
  readonly previous?: Revision;
  /** Each difference between the target and what was deployed, as a sentence. */
  readonly differences: readonly string[];
  /** A deployment began and did not come to its end. */
  readonly interrupted: boolean;
}

/**
 * Everything the package needs to know about one kind of target. `Spec` is the parsed description, `Args` what its
 * factory returns in a program. deploy.ts calls the methods in the one order that holds for every kind; each must do
 * its work again without harm, whatever an earlier run left half done.
 */
export interface TargetKind<Spec, Args extends { readonly kind: string }> {
  readonly kind: Args["kind"];
  /** Describes the target in a program, as plain data. */
  readonly factory: (...args: never[]) => Args;
  /** It is on no host: this machine reaches it at an address of its own, and waves of hosts are refused. */
  readonly isRemote?: true;

  /** Throws `InvalidArgument` for what can never work. Credentials (credentials.ts) may be missing from the value. */
  parse(value: unknown, property: string): Spec;
  /**
   * Throws `InvalidArgument` for a certificate that this target cannot take, as far as its description tells: the
   * preview of the run that issues it has nothing else. `accept` calls it for the certificate that is there.
   */
  acceptDescribed?(spec: Spec, certificate: CertificateDescription): void;
  /** The same for what only the certificate itself tells. Changes nothing. */
  accept(spec: Spec, material: Material): void;
  /** What of the world this occupies: a description with another place is another deployment. */
  place(spec: Spec): string;
  /** Throws if a deployment could not work: paths, owners, programs, what others manage. Changes nothing. */
  preflight(spec: Spec, context: PreflightContext<Spec>): Promise<void>;
  /**
   * What is on the target now. A refresh has no credentials of the program: one that is remote takes them from the
   * environment, and throws `CredentialsMissing` or `Unreachable` if nothing can be said.
   */
  observe(spec: Spec, context: TargetContext): Promise<Observation>;

  /** Brings the new revision onto the target, where nothing uses it yet. */
  stage(spec: Spec, material: Material, context: TargetContext): Promise<StagedRevision>;
  /** The same for a revision that the target still keeps. */
  stageKept(spec: Spec, revision: string, context: TargetContext): Promise<StagedRevision>;
  /** The target's own opinion of what is staged. */
  checkStaged?(spec: Spec, staged: Revision, context: TargetContext): Promise<void>;
  /** Makes the staged revision the current one, in one atomic step. */
  switch(spec: Spec, staged: StagedRevision, context: TargetContext): Promise<void>;
  /** The target's own opinion of its whole configuration, which now names the new revision. */
  check?(spec: Spec, current: Revision, context: TargetContext): Promise<void>;
  /** Makes the server take up the current revision. */
  reload?(spec: Spec, current: Revision, context: TargetContext): Promise<void>;
  /**
   * How the server comes to use a new revision, for previews, as what it does: `reloads with /usr/sbin/nginx -s reload`.
   * Undefined where nothing has to be done.
   */
  describeReload?(spec: Spec): string | undefined;
  /**
   * What names the work of a step that concerns the whole server: where several deployments to one host give the same
   * text, one run of the step serves them all. Undefined where each deployment needs its own.
   */
  shared?(spec: Spec, step: "check" | "reload"): string | undefined;
  /** The current revision is what is served: from now on it is the one to go back to. */
  confirm(spec: Spec, current: StagedRevision, context: TargetContext): Promise<void>;
  /**
   * Makes the last confirmed revision the current one again; undefined if there is none, then nothing is changed.
   * Only after `switch` in the same run.
   */
  restore(spec: Spec, context: TargetContext): Promise<Revision | undefined>;
  /**
   * Removes what is neither current nor kept. `finished` says that the server uses the current revision: the deployment
   * has come to its end.
   */
  retire(spec: Spec, finished: boolean, context: TargetContext): Promise<void>;
  /** Ends the deployment as the description says, touching only what bears this instance's mark. */
  withdraw(spec: Spec, context: TargetContext): Promise<void>;
}

/** Makes a kind for the registry in registry.ts. */
export function defineTarget<Spec, Args extends { readonly kind: string }>(
  kind: TargetKind<Spec, Args>,
): TargetKind<Spec, Args> {
  const { acceptDescribed } = kind;
  if (acceptDescribed === undefined) return Object.freeze(kind);
  return Object.freeze({
    ...kind,
    accept(spec: Spec, material: Material) {
      acceptDescribed(spec, describe(material));
      kind.accept(spec, material);
    },
  });
}

/** Factories of targets are loaded by programs, which read no certificates. */
function describe(material: Material): CertificateDescription {
  return (require("./describedCertificate") as typeof import("./describedCertificate")).describeMaterial(material);
}
