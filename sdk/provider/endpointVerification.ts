import { parseDuration, formatInstant } from "../duration";
import { CertificatesError, invalidArgument } from "../errors";
import { takeCredentials } from "../targets/credentials";
import { vantageOf } from "../targets/hosts/sshVantage";
import { describeFailures, verificationFailed } from "../verify/describeFailures";
import { endpointName, type Endpoint } from "../verify/endpoint";
import { type ExpectedCertificate, parseExpected } from "../verify/expected";
import type { TlsVersion } from "../verify/served";
import { verifyEndpoints } from "../verify/verifyEndpoints";
import type { VerifiedEndpoint } from "../verify/verifyResult";
import { joinTexts } from "../verify/joinTexts";
import { parseCertificate } from "../x509/parse";
import { canonicalJson, sameValue } from "./canonical";
import { type CheckContext, type CreateContext, type DiffContext, type ReadContext, defineProvider } from "./define";
import { assertEndpoints, givenEndpoints } from "./endpoints";
import { reportProgress } from "./progress";
import { type CertificateSource, keptIn } from "./runCertificates";
import { migrateState, stateVersion } from "./stateVersion";
import { hasUnknown } from "./unknown";

export interface EndpointVerificationInputs {
  readonly name: string;
  readonly certificate: {
    readonly fingerprintsSha256: string[];
    readonly chainPem: string;
    readonly trustBundlePem: string;
    readonly dnsNames: string[];
  };
  readonly endpoints: Endpoint[];
  readonly timeout?: string;
  readonly successes?: number;
  readonly tlsVersions?: TlsVersion[];
  /** What a refresh found wrong; the next verification takes it out. */
  readonly drift?: string[];
}

/** Holds the inputs too: a refresh has nothing else to ask by. */
export interface EndpointVerificationOuts extends EndpointVerificationInputs {
  readonly stateVersion: number;
  readonly verifiedFingerprint: string;
  readonly verifiedAt: string;
  readonly addresses: {
    endpoint: string;
    address: string;
    tlsVersions: TlsVersion[];
    clientCertificateRequired: boolean;
  }[];
}

type Inputs = EndpointVerificationInputs;
type Outs = EndpointVerificationOuts;

const inputFields = ["name", "certificate", "endpoints", "timeout", "successes", "tlsVersions"] as const;
/** Changes of these ask for another verification; of the others they count from the next one. */
const verifiedFields = ["certificate", "endpoints", "tlsVersions"] as const;
const defaultTimeout = "2m";
const defaultSuccesses = 3;

/** What the program passes to every check and `check` takes out. */
interface PassedInputs {
  /** The resources that the certificates come from, if all are of this stack. */
  readonly sources?: readonly CertificateSource[];
}

/** The certificates as they are and stay, where a preview does not know that; undefined if one is about to be issued. */
function keptCertificates(sources: readonly CertificateSource[] = []): Inputs["certificate"] | undefined {
  const kept = sources.flatMap((source) => keptIn(source) ?? []);
  if (kept.length === 0 || kept.length < sources.length) return undefined;
  return {
    fingerprintsSha256: kept.map(
      ({ certificatePem }) => parseCertificate(certificatePem, "certificate").fingerprintSha256,
    ),
    chainPem: joinTexts(kept.map(({ chainPem }) => chainPem)),
    trustBundlePem: joinTexts(kept.map(({ trustBundlePem }) => trustBundlePem)),
    dnsNames: [...new Set(kept.flatMap(({ dnsNames }) => dnsNames))],
  };
}

function check({ news, credentials }: CheckContext<Inputs & PassedInputs>): Inputs {
  const { drift: _, sources, ...rest } = news;
  const kept = hasUnknown(rest.certificate) ? keptCertificates(sources) : undefined;
  const given = { ...rest, ...(kept && { certificate: kept }) };
  const inputs = { ...given, endpoints: takeCredentials(given.endpoints).rest as Endpoint[] };
  const { timeout = defaultTimeout, successes = defaultSuccesses, tlsVersions, certificate } = inputs;
  if (!hasUnknown(timeout)) parseDuration(timeout, "timeout");
  if (!hasUnknown(successes) && !(Number.isInteger(successes) && successes >= 1 && successes <= 100)) {
    throw invalidArgument(
      "successes",
      `${JSON.stringify(successes)} is no whole number from 1 to 100.`,
      "Leave it out for 3.",
    );
  }
  if (!hasUnknown(tlsVersions)) assertTlsVersions(tlsVersions);
  if (isAwaited(inputs)) return inputs;
  if (!hasUnknown(certificate)) parseExpected(expectedOf(inputs));
  if (!hasUnknown(inputs.endpoints)) {
    assertNotEmpty(inputs.endpoints);
    assertEndpoints(inputs.endpoints, certificate.dnsNames, credentials);
  }
  return inputs;
}

function assertTlsVersions(versions: unknown): void {
  if (versions === undefined) return;
  const valid =
    Array.isArray(versions) && versions.length > 0 && versions.every((one) => one === "1.2" || one === "1.3");
  if (valid) return;
  throw invalidArgument(
    "tlsVersions",
    `${JSON.stringify(versions)} names no TLS versions.`,
    'Use ["1.2"], ["1.3"] or both.',
  );
}

function assertNotEmpty(endpoints: readonly Endpoint[]): void {
  if (!Array.isArray(endpoints) || endpoints.length > 0) return;
  throw invalidArgument("endpoints", "there are none.", "Name at least one place where the certificate is served.");
}

/** Whether there is no certificate yet that could be served. */
function isAwaited({ certificate }: Inputs): boolean {
  return !hasUnknown(certificate) && certificate.fingerprintsSha256.includes("");
}

function diff({ news, outs }: DiffContext<Inputs, Outs>): boolean {
  if (isAwaited(news)) return false;
  if (outs.verifiedFingerprint === undefined || (outs.drift?.length ?? 0) > 0) return true;
  return verifiedFields.some((field) => !sameValue(news[field], outs[field]));
}

async function verify({ news, credentials }: CreateContext<Inputs>): Promise<Outs> {
  if (isAwaited(news)) return { ...inputsOf(news), stateVersion } as Outs;
  const { successes = defaultSuccesses } = news;
  const timeoutMs = parseDuration(news.timeout ?? defaultTimeout, "timeout");
  const endpoints = givenEndpoints(news.endpoints, credentials);
  const result = await verifyEndpoints({ ...questionOf(news), endpoints, timeoutMs, successes });
  if (!result.ok) throw verificationFailed(result.failures);
  return {
    ...inputsOf(news),
    stateVersion,
    verifiedFingerprint: news.certificate.fingerprintsSha256[0] ?? "",
    verifiedAt: formatInstant(Date.now()),
    addresses: result.endpoints.flatMap(addressesOf),
  };
}

/**
 * Asks each address once. What is wrong becomes a visible input, so that the next preview shows it. An address that
 * cannot be reached counts as wrong too: throwing here would end a refresh, and with it every renewal of the stack.
 */
async function read({ outs }: ReadContext<Outs>): Promise<{ outs: Outs; inputs?: Inputs }> {
  if (outs.verifiedFingerprint === undefined) return { outs };
  const { drift: _, ...verified } = outs;
  const found = await Promise.all(byOrigin(outs.endpoints).map((endpoints) => differencesOf(outs, endpoints)));
  const drift = found.flat();
  if (drift.length === 0) return { outs: verified, inputs: inputsOf(outs) };
  return { outs: { ...verified, drift }, inputs: { ...inputsOf(outs), drift } };
}

function byOrigin(endpoints: readonly Endpoint[]): Endpoint[][] {
  const origins = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const origin = canonicalJson(endpoint.from ?? "runner");
    origins.set(origin, [...(origins.get(origin) ?? []), endpoint]);
  }
  return [...origins.values()];
}

/**
 * Of endpoints that are asked from one place. If that cannot be reached without the run's credentials nothing is known,
 * which is said, and is no difference.
 */
async function differencesOf(outs: Outs, endpoints: Endpoint[]): Promise<string[]> {
  try {
    const question = { ...questionOf(outs), endpoints };
    const result = await verifyEndpoints({ ...question, timeoutMs: 30_000, successes: 1, maxRounds: 1 });
    return result.ok ? [] : describeFailures(result.failures);
  } catch (error) {
    if (!CertificatesError.is(error) || error.code !== "Unreachable") throw error;
    reportProgress(outs.name, `What is served could not be looked at: ${error.message}`);
    return [];
  }
}

function questionOf(
  inputs: Inputs,
): Pick<Parameters<typeof verifyEndpoints>[0], "expected" | "tlsVersions" | "vantageOf"> {
  const { tlsVersions } = inputs;
  return { vantageOf, expected: expectedOf(inputs), ...(tlsVersions === undefined ? {} : { tlsVersions }) };
}

function expectedOf({ certificate }: Inputs): ExpectedCertificate {
  const { fingerprintsSha256, chainPem, trustBundlePem, dnsNames } = certificate;
  return { fingerprintSha256: fingerprintsSha256, intermediatesPem: chainPem, trustBundlePem, dnsNames };
}

function inputsOf(properties: Inputs): Inputs {
  const entries = inputFields.map((field) => [field, properties[field]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as Inputs;
}

function addressesOf(endpoint: VerifiedEndpoint): Outs["addresses"] {
  return endpoint.addresses.map(({ address, tlsVersions, clientCertificateRequired }) => ({
    endpoint: endpointName(endpoint),
    address,
    tlsVersions,
    clientCertificateRequired,
  }));
}

/** Deleting it has no effect outside, so it has no `delete`. */
export const endpointVerification = defineProvider<Inputs, Outs>({
  check,
  diff,
  create: verify,
  update: verify,
  read,
  migrate: migrateState<Outs>,
});
