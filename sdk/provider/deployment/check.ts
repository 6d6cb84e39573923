import { parseDuration } from "../../duration";
import { invalidArgument } from "../../errors";
import { acceptMaterial } from "../../targets/accept";
import { chainSha256 } from "../../targets/chainSha256";
import { takeCredentials } from "../../targets/credentials";
import type { CertificateDescription } from "../../targets/describedCertificate";
import { localHost } from "../../targets/hosts/local";
import { assertNamed } from "../../verify/serverName";
import { parseCertificate } from "../../x509/parse";
import type { CheckContext, Credentials } from "../define";
import { assertEndpoints } from "../endpoints";
import { type CertificateSource, type KeptCertificate, describedIn, hasStayed, keptIn } from "../runCertificates";
import { hasUnknown, unknown } from "../unknown";
import { defaultTimeout } from "./context";
import { changesOf } from "./changes";
import { type DueField, dueFields } from "./due";
import { materialOf, openTarget } from "./material";
import { type DeploymentInputs, isAwaited } from "./state";
import { assertConcurrency, assertOnHosts, wavesOf } from "./waves";

/** What the program passes to every check and `check` takes out. */
export interface PassedInputs {
  /** The resource that the certificate comes from, if it is one of this stack. */
  readonly source?: CertificateSource;
}

type Inputs = DeploymentInputs;

/** Validates what is known, and finds out whether something is to be deployed and why. */
export async function checkDeployment({ news, olds, ...passed }: CheckContext<Inputs & PassedInputs>): Promise<Inputs> {
  const { drift: _, changes: __, source, ...given } = news;
  // The outputs of a resource that is updated are unknown in its preview, although the certificate may stay as it is.
  const kept = hasUnknown(given.certificate) ? keptIn(source) : undefined;
  const described = hasUnknown(given.certificate) && kept === undefined ? describedIn(source) : undefined;
  const credentials = kept === undefined ? passed.credentials : { ...passed.credentials, material: kept };
  const inputs = {
    ...given,
    ...(kept && { certificate: identityOf(kept) }),
    target: takeCredentials(given.target).rest,
    ...(given.waves !== undefined && { waves: takeCredentials(given.waves).rest }),
    ...(given.endpoints !== undefined && { endpoints: takeCredentials(given.endpoints).rest }),
  } as Inputs;
  const { timeout = defaultTimeout, revision, concurrency, endpoints = [] } = inputs;
  if (!hasUnknown(timeout)) parseDuration(timeout, "timeout");
  assertRevision(revision, olds);
  if (isAwaited(inputs)) return inputs;
  if (!hasUnknown(endpoints)) {
    const { dnsNames } = inputs.certificate;
    assertEndpoints(endpoints, hasUnknown(dnsNames) ? (described?.dnsNames ?? unknown) : dnsNames, credentials);
  }
  if (!hasUnknown(inputs.waves) && inputs.waves !== undefined) wavesOf(inputs, credentials);
  if (!hasUnknown(concurrency)) assertConcurrency(concurrency);
  const due = olds === undefined ? undefined : dueFields(inputs, olds);
  // What was accepted before is not looked at again.
  if (due?.length !== 0) await assertDeployable(inputs, olds, credentials, described);
  if (olds === undefined || due === undefined) return inputs;
  // The preview announced another certificate, and plans hold the run to it.
  const announced =
    source !== undefined && revision !== "previous" && hasStayed(source) && !due.includes("certificate");
  const fields: DueField[] = announced ? ["certificate", ...due] : due;
  return fields.length === 0 ? inputs : { ...inputs, changes: changesOf(inputs, olds, fields) };
}

function identityOf({ certificatePem, chainPem, trustBundlePem, dnsNames }: KeptCertificate): Inputs["certificate"] {
  const { fingerprintSha256 } = parseCertificate(certificatePem, "certificate.certificatePem");
  return { fingerprintSha256, chainSha256: chainSha256(chainPem, trustBundlePem), dnsNames: [...dnsNames] };
}

function assertRevision(revision: unknown, olds: Inputs | undefined): void {
  if (revision === undefined || revision === "current" || hasUnknown(revision)) return;
  if (revision !== "previous") {
    throw invalidArgument("revision", `${JSON.stringify(revision)} is not known.`, 'Use "current" or "previous".');
  }
  if (olds !== undefined) return;
  throw invalidArgument(
    "revision",
    "nothing was deployed yet that could be gone back to.",
    'Leave it out, or use "current".',
  );
}

/** Throws unless the certificate and the target are fit for each other, and the target for a deployment. */
export async function assertDeployable(
  inputs: Inputs,
  olds: Inputs | undefined,
  credentials: Credentials,
  described: CertificateDescription | undefined,
): Promise<void> {
  const { certificate, endpoints = [], target, waves, name, revision } = inputs;
  // What is gone back to was accepted when it was new.
  const isNew = revision !== "previous";
  const material = isNew && !hasUnknown(certificate) ? materialOf(inputs, credentials) : undefined;
  const names = material === undefined ? described?.dnsNames : namesIn(material.certificatePem);
  if (isNew && names !== undefined && !hasUnknown(endpoints)) assertNamed(endpoints, names);
  if (hasUnknown(target)) return;
  const { kind, spec } = openTarget(target, credentials);
  if (material !== undefined) acceptMaterial(kind, spec, material);
  else if (isNew && described !== undefined) kind.acceptDescribed?.(spec, described);
  // Other hosts are asked by the run only: a preview looks at no network.
  if (waves !== undefined) return assertOnHosts(kind);
  const until = olds?.target.kind === kind.kind ? { until: openTarget(olds.target).spec } : {};
  await kind.preflight(spec, { host: localHost, resource: name, ...until });
}

function namesIn(certificatePem: string): readonly string[] {
  return parseCertificate(certificatePem, "certificate.certificatePem").names.dnsNames ?? [];
}
