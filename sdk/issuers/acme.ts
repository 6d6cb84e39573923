import type { RenewalInfo } from "../acme/ari";
import { certId } from "../acme/certId";
import type { AcmeClient } from "../acme/client";
import type { Identifier } from "../acme/challenge";
import { openJournal } from "../acme/journal";
import { type Ordered, obtainCertificate } from "../acme/order";
import { AcmeError } from "../acme/problem";
import { formatInstant, parseDuration } from "../duration";
import { parsePrivateKey } from "../keys/pem";
import { prover } from "../solvers/prove";
import { type ParsedSolver, solversFor } from "../solvers/select";
import type { SubjectNames } from "../x509/names";
import { parseCertificate } from "../x509/parse";
import { answerRecord, removeLeftovers } from "./acmeAnswers";
import { type Order, freshOrder, resumedOrder } from "./acmeOrder";
import { type AcmeCredentials, clientOf, requireAcmeCredentials, solversOf } from "./acmeCredentials";
import { failureOf } from "./acmeFailure";
import { type IssueRequest, type Issued, type IssuingService, type PendingOrder, type SuggestedWindow } from "./issuer";

/** Orders from an ACME CA (RFC 8555). An order that an earlier run began is finished instead of placing another. */
export async function issueByAcme(request: IssueRequest, all: Readonly<Record<string, unknown>>): Promise<Issued> {
  const credentials = requireAcmeCredentials(all.issuer);
  const client = clientOf(credentials, request.signal);
  return client.reporting(
    (line) => request.report(line),
    () => issueWith(request, credentials, client, solversOf(all.solvers)),
  );
}

async function issueWith(
  request: IssueRequest,
  credentials: AcmeCredentials,
  client: AcmeClient,
  solvers: readonly ParsedSolver[],
): Promise<Issued> {
  const { name, signal, template } = request;
  const identifiers = identifiersOf(template.names);
  const context = { signal, report: (line: string) => request.report(line) };
  for (const solver of new Set(identifiers.flatMap((one) => solversFor(solvers, ...provable(one)).slice(0, 1)))) {
    await solver.kind.preflight?.(
      solver.spec,
      identifiers.map(({ value }) => value),
      context,
    );
  }
  const journal = await openJournal({
    ...placeOf(name, credentials),
    accountKeyPem: credentials.accountKeyPem,
    signal,
  });
  let order: Order | undefined;
  try {
    const begun = await journal.read();
    const leftOver = await removeLeftovers(begun?.answers ?? [], solvers, context);
    order =
      (await resumedOrder(request, credentials.directoryUrl, begun ?? request.pending)) ?? (await freshOrder(request));
    const answers = answerRecord(journal, order);
    const ordered = await obtainCertificate(
      client,
      {
        identifiers,
        csrDer: Buffer.from(order.csrDer, "base64"),
        ...(order.orderUrl !== undefined && { orderUrl: order.orderUrl }),
        ...orderOptions(request, credentials),
      },
      {
        ...(request.beforeOrder && { placing: request.beforeOrder }),
        placed: ({ url }) => answers.begin((order = { ...order, orderUrl: url } as PendingOrder)),
        prove: answers.recorded(solvers, prover(solvers, context)),
      },
    );
    await journal.erase();
    const suggested = await suggestedRenewal(client, ordered.certificatePem);
    return {
      ...issuedFrom(ordered, order, [...journal.warnings, ...leftOver]),
      ...suggested,
      issuedBy: serviceOf(credentials),
    };
  } catch (error) {
    throw await failureOf(error, order, client, journal);
  } finally {
    await journal.close();
  }
}

function serviceOf({ directoryUrl, accountUrl, caBundlePem }: AcmeCredentials): IssuingService {
  return { directoryUrl, accountUrl, ...(caBundlePem !== undefined && { caBundlePem }) };
}

/** The CA's window as it stands among the outputs. */
export function shownWindow({ start, end, explanationUrl }: RenewalInfo): SuggestedWindow {
  const explained = explanationUrl === undefined ? {} : { explanationUrl };
  return { start: formatInstant(start), end: formatInstant(end), ...explained };
}

/** Advice that the certificate does not wait for: a refresh asks again. */
async function suggestedRenewal(
  client: AcmeClient,
  certificatePem: string,
): Promise<{ suggestedRenewal?: SuggestedWindow }> {
  try {
    const window = await client.renewalInfo(certificatePem);
    return window === undefined ? {} : { suggestedRenewal: shownWindow(window) };
  } catch (error) {
    if (error instanceof AcmeError) return {};
    throw error;
  }
}

function issuedFrom({ certificatePem, chainPem, warnings }: Ordered, order: Order, more: readonly string[]): Issued {
  const { pem, serialNumber, notBefore, notAfter, fingerprintSha256, spkiSha256 } = parseCertificate(
    certificatePem,
    "the CA's certificate",
  );
  return {
    certificate: { pem, serialNumber, notBefore, notAfter, fingerprintSha256, spkiSha256 },
    ...(order.certificateKeyPem !== undefined && {
      privateKey: parsePrivateKey(order.certificateKeyPem, "the order's private key"),
    }),
    chainPem,
    // Public roots are in the clients' own stores, and a CA does not send its root.
    trustBundlePem: "",
    warnings: [...warnings, ...more],
  };
}

function orderOptions(
  { options, previous }: IssueRequest,
  { accountUrl }: AcmeCredentials,
): { profile?: string; preferredChain?: string; replaces?: string; notAfter?: string } {
  const { profile, preferredChain, duration } = options;
  return {
    ...(profile !== undefined && { profile }),
    ...(preferredChain !== undefined && { preferredChain }),
    ...(previous?.issuedBy?.accountUrl === accountUrl && { replaces: certId(previous.certificatePem) }),
    ...(duration !== undefined && { notAfter: formatInstant(Date.now() + parseDuration(duration, "duration")) }),
  };
}

export function identifiersOf({ dnsNames = [], ipAddresses = [] }: SubjectNames): Identifier[] {
  return [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
  ];
}

/** An identifier without `*.`, and whether it had it. */
function provable({ type, value }: Identifier): [Identifier, boolean] {
  return value.startsWith("*.") ? [{ type, value: value.slice(2) }, true] : [{ type, value }, false];
}

/** Of the resource in its stack, `project/stack/name`. */
function placeOf(
  name: string,
  { directoryUrl }: AcmeCredentials,
): { directoryUrl: string; stack: string; resource: string } {
  const [project = "", stack = "", ...resource] = name.split("/");
  return { directoryUrl, stack: `${project}/${stack}`, resource: resource.join("/") };
}
