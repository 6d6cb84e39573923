import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AcmeRequestCounts, acmeRequestKind, countKinds } from "./acmeRequests";
import { type Challtestsrv, startChalltestsrv } from "./challtestsrv";
import { type ChildServer, listening, startChild } from "./childServer";
import { freePorts } from "./freePorts";
import { providedProgram } from "./providedPrograms";
import { plainRequest } from "./plainRequest";
import { createTestCa, issueTestCertificate, type TestCertificate } from "./testCertificates";

export interface PebbleOptions {
  /** Good nonces it refuses, in percent. @default 0 */
  readonly nonceReject?: number;
  /** How often a valid authorization is used for the next order too, in percent. @default 0 */
  readonly authzReuse?: number;
  /** Roots beside the first, each with a chain of its own that the certificate links to. @default 0 */
  readonly alternateRoots?: number;
  /** Intermediates in a chain. @default 1 */
  readonly chainLength?: number;
  /** Key id → HMAC key in base64url; new accounts must be bound to one. @default no binding asked for */
  readonly eab?: Readonly<Record<string, string>>;
  /** Name → description and validity in seconds. An order that names none gets any. @default "default", 90 days */
  readonly profiles?: Readonly<Record<string, { readonly description: string; readonly validityPeriod: number }>>;
  /** Every challenge is proved, whatever is found. @default false */
  readonly alwaysValid?: boolean;
  /** host:port of the DNS server that it asks over TCP. @default the one of challtestsrv */
  readonly validationDns?: string;
  /** Seconds in Retry-After of authorizations and orders under way. @default 1 */
  readonly retryAfter?: { readonly authz: number; readonly order: number };
  /**
   * Whether challtestsrv listens on the ports at which http-01 and tls-alpn-01 are checked; `false` leaves them to a
   * server of the test. @default true
   */
  readonly answersChallenges?: boolean;
  /** The OCSP responder that its certificates name. @default none */
  readonly ocspResponderUrl?: string;
  /** Names it refuses as rejectedIdentifier. @default none */
  readonly blockedDomains?: readonly string[];
}

export interface CertificateStatus {
  readonly status: "Valid" | "Revoked";
  /** RFC 5280 reason code. Undefined where none was given. */
  readonly reason: number | undefined;
}

/** A Pebble with its DNS server. Its roots are new at every start, and it forgets everything when it is stopped. */
export interface Pebble {
  readonly directoryUrl: string;
  /** The root of the certificate at its own HTTPS endpoints, not of those it issues. */
  readonly caBundlePem: string;
  /** The certificate of its endpoints, for 127.0.0.1 and localhost. */
  readonly endpoint: TestCertificate;
  readonly managementUrl: string;
  /** Its configuration and the key of its endpoints. */
  readonly folder: string;
  /** Where http-01 is checked, on the addresses of the name. */
  readonly httpPort: number;
  /** Where tls-alpn-01 is checked. */
  readonly tlsPort: number;
  readonly challtest: Challtestsrv;
  /** The roots of the certificates it issues: the first one and the alternates, PEM. */
  roots(): Promise<string[]>;
  /** The issuing intermediate below each root, PEM. */
  intermediates(): Promise<string[]>;
  /** Their private keys, PEM, if it names an OCSP responder. */
  intermediateKeys(): Promise<string[]>;
  /** Undefined for a serial number it did not give. */
  statusBySerial(hex: string): Promise<CertificateStatus | undefined>;
  /** What renewalInfo answers for this certificate from now on; a string is sent as it is. */
  setRenewalInfo(certificatePem: string, ariResponse: string | object): Promise<void>;
  /** How many orders were placed since it started. */
  orders(): Promise<number>;
  /** All requests since it started, counted by what they are for. */
  requests(): Promise<AcmeRequestCounts>;
  /** Everything it logged. */
  output(): string;
  stop(): Promise<void>;
}

export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const programs = { pebble: providedProgram("pebble") ?? "", challtestsrv: providedProgram("challtestsrv") ?? "" };
  if (programs.pebble === "") throw new Error('Pebble is not there: put the tests into needs("pebble").describe.');
  const [port = 0, managementPort = 0, httpPort = 0, tlsPort = 0] = await freePorts(4);
  const endpoint = await issueTestCertificate(await createTestCa("Pebble Endpoint Root"), {
    commonName: "localhost",
    ipAddresses: ["127.0.0.1"],
  });
  const answersOn = options.answersChallenges === false ? undefined : { httpPort, tlsPort };
  const challtest = await startChalltestsrv(programs.challtestsrv, answersOn);
  const folder = mkdtempSync(join(tmpdir(), "pebble-"));
  const configuration = configure(options, { port, managementPort, httpPort, tlsPort });
  writeFileSync(join(folder, "cert.pem"), endpoint.fullChainPem);
  writeFileSync(join(folder, "key.pem"), endpoint.privateKeyPem, { mode: 0o600 });
  writeFileSync(join(folder, "config.json"), JSON.stringify(configuration));
  const args = ["-config", "config.json", "-dnsserver", options.validationDns ?? challtest.dns];
  const server = startChild(programs.pebble, args, { cwd: folder, env: environment(options) });
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop("SIGKILL"), challtest.stop()]); // it has no other way to end
    rmSync(folder, { recursive: true });
  };
  try {
    for (const one of [port, managementPort]) await listening(server, one);
  } catch (error) {
    await stop();
    throw error;
  }
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  const managementUrl = `https://127.0.0.1:${managementPort}`;
  const caBundlePem = endpoint.rootPem;
  return {
    ...{ directoryUrl, managementUrl, folder, caBundlePem, endpoint, httpPort, tlsPort, challtest, stop },
    ...management(managementUrl, caBundlePem, 1 + (options.alternateRoots ?? 0)),
    ...counted(server, directoryUrl, caBundlePem),
    output: server.output,
  };
}

const ninetyDays = 90 * 86_400;

function configure(
  options: PebbleOptions,
  ports: { port: number; managementPort: number; httpPort: number; tlsPort: number },
): object {
  const { eab, profiles, retryAfter = { authz: 1, order: 1 }, blockedDomains = [], ocspResponderUrl } = options;
  return {
    pebble: {
      listenAddress: `127.0.0.1:${ports.port}`,
      managementListenAddress: `127.0.0.1:${ports.managementPort}`,
      certificate: "cert.pem",
      privateKey: "key.pem",
      httpPort: ports.httpPort,
      tlsPort: ports.tlsPort,
      externalAccountBindingRequired: eab !== undefined,
      externalAccountMACKeys: eab ?? {},
      domainBlocklist: blockedDomains,
      ocspResponderURL: ocspResponderUrl ?? "",
      retryAfter,
      // It hands out keys of its CA only if they are RSA, and a responder needs one.
      keyAlgorithm: ocspResponderUrl === undefined ? "ecdsa" : "rsa",
      profiles: profiles ?? { default: { description: "90 days", validityPeriod: ninetyDays } },
    },
  };
}

/** Nothing of the environment of the tests. */
function environment(options: PebbleOptions): Record<string, string> {
  return {
    PEBBLE_VA_NOSLEEP: "1",
    PEBBLE_WFE_NONCEREJECT: String(options.nonceReject ?? 0),
    PEBBLE_AUTHZREUSE: String(options.authzReuse ?? 0),
    PEBBLE_ALTERNATE_ROOTS: String(options.alternateRoots ?? 0),
    PEBBLE_CHAIN_LENGTH: String(options.chainLength ?? 1),
    ...(options.alwaysValid === true && { PEBBLE_VA_ALWAYS_VALID: "1" }),
  };
}

function management(
  url: string,
  caBundlePem: string,
  chains: number,
): Pick<Pebble, "roots" | "intermediates" | "intermediateKeys" | "statusBySerial" | "setRenewalInfo"> {
  const texts = (kind: string): Promise<string[]> =>
    Promise.all(Array.from({ length: chains }, async (_, at) => (await get(`${kind}/${at}`)) ?? ""));
  const get = async (path: string): Promise<string | undefined> => {
    const { status, body } = await plainRequest(`${url}/${path}`, { caBundlePem });
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`Pebble refused ${path} (${status}): ${body}`);
    return body;
  };
  return {
    roots: () => texts("roots"),
    intermediates: () => texts("intermediates"),
    intermediateKeys: () => texts("intermediate-keys"),
    statusBySerial: async (hex) => {
      const body = await get(`cert-status-by-serial/${hex.replaceAll(":", "")}`);
      if (body === undefined) return undefined;
      const { Status, Reason } = JSON.parse(body) as { Status: CertificateStatus["status"]; Reason?: number };
      return { status: Status, reason: Reason };
    },
    setRenewalInfo: async (certificate, answer) => {
      const ariResponse = typeof answer === "string" ? answer : JSON.stringify(answer);
      const json = { certificate, ariResponse };
      const { status, body } = await plainRequest(`${url}/set-renewal-info/`, { caBundlePem, json });
      if (status !== 200) throw new Error(`Pebble refused the renewal information (${status}): ${body}`);
    },
  };
}

/** Counts in the log. A request of its own tells that all lines of earlier ones have arrived; it is not counted. */
function counted(server: ChildServer, directoryUrl: string, caBundlePem: string): Pick<Pebble, "orders" | "requests"> {
  let own = 0;
  const log = async (): Promise<string> => {
    const logged = server.wrote(/HEAD \/dir -> calling/);
    own += 1;
    await plainRequest(directoryUrl, { caBundlePem, method: "HEAD" });
    await logged;
    return server.output();
  };
  return {
    orders: async () => (await log()).match(/Added order "/g)?.length ?? 0,
    requests: async () => {
      const kinds = [...(await log()).matchAll(/\b(?:GET|HEAD|POST) (\/\S*) -> calling/g)].map(([, path = ""]) =>
        acmeRequestKind(path),
      );
      const counts = countKinds(kinds);
      return { ...counts, directory: (counts.directory ?? own) - own };
    },
  };
}
