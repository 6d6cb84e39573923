import { certId } from "../acme/certId";
import type { AcmeClient } from "../acme/client";
import type { Identifier } from "../acme/challenge";
import { type JournalEntry, openJournal } from "../acme/journal";
import { type Ordered, obtainCertificate } from "../acme/order";
import { AcmeError } from "../acme/problem";
import { formatInstant, parseDuration } from "../duration";
import { parsePrivateKey, privateKeyToPem } from "../keys/pem";
import { prover } from "../solvers/prove";
import { solversFor } from "../solvers/select";
import { createCsr, parseCsr } from "../x509/csr";
import type { SubjectNames } from "../x509/names";
import { parseCertificate } from "../x509/parse";
import { decodePem } from "../x509/pem";
import { answerRecord, removeLeftovers } from "./acmeAnswers";
import { type AcmeCredentials, clientOf, requireAcmeCredentials, solversOf } from "./acmeCredentials";
import type { IssueRequest, Issued, IssuerKind, IssuingService, SuggestedWindow } from "./issuer";

/** Orders from an ACME CA (RFC 8555). An order that an earlier run began is finished instead of placing another. */
export const acmeIssuer: IssuerKind = {
  kind: "acme",
  trust: "public",
  async issue(request, all) {
    const credentials = requireAcmeCredentials(all.issuer);
    const solvers = solversOf(all.solvers);
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
    try {
      const begun = await journal.read();
      const leftOver = await removeLeftovers(begun?.answers ?? [], solvers, context);
      const order = (await resumed(request, begun)) ?? (await fresh(request));
      const answers = answerRecord(journal, begun && order === begun ? begun : undefined);
      const ordered = await obtainCertificate(
        clientOf(credentials, signal),
        {
          identifiers,
          csrDer: Buffer.from(order.csrDer, "base64"),
          ...(order.orderUrl !== undefined && { orderUrl: order.orderUrl }),
          ...orderOptions(request, credentials),
        },
        {
          placed: ({ url }) => answers.begin({ ...order, orderUrl: url }),
          prove: answers.recorded(solvers, prover(solvers, context)),
        },
      );
      await journal.erase();
      const suggested = await suggestedRenewal(clientOf(credentials, signal), ordered.certificatePem);
      return {
        ...issuedFrom(ordered, order, [...journal.warnings, ...leftOver]),
        ...suggested,
        issuedBy: serviceOf(credentials),
      };
    } catch (error) {
      // The order is spent; anything else is finished by a later run.
      if (error instanceof AcmeError && ["newOrder", "nextIssuer", "fatal"].includes(error.failureClass))
        await journal.erase();
      throw error;
    } finally {
      await journal.close();
    }
  },
};

function serviceOf({ directoryUrl, accountUrl, caBundlePem }: AcmeCredentials): IssuingService {
  return { directoryUrl, accountUrl, ...(caBundlePem !== undefined && { caBundlePem }) };
}

/** Advice that the certificate does not wait for: a refresh asks again. */
async function suggestedRenewal(
  client: AcmeClient,
  certificatePem: string,
): Promise<{ suggestedRenewal?: SuggestedWindow }> {
  try {
    const window = await client.renewalInfo(certificatePem);
    if (window === undefined) return {};
    const { start, end, explanationUrl } = window;
    const explained = explanationUrl === undefined ? {} : { explanationUrl };
    return { suggestedRenewal: { start: formatInstant(start), end: formatInstant(end), ...explained } };
  } catch (error) {
    if (error instanceof AcmeError) return {};
    throw error;
  }
}

type Order = Pick<JournalEntry, "csrDer" | "certificateKeyPem"> & { readonly orderUrl?: string };

async function fresh({ privateKey, csrPem, template }: IssueRequest): Promise<Order> {
  if (privateKey === undefined) return { csrDer: derOf(csrPem ?? "") };
  // Only what the names need: the CA decides on everything else.
  const pem = await createCsr({ subject: {}, names: template.names, key: privateKey });
  return { csrDer: derOf(pem), certificateKeyPem: privateKeyToPem(privateKey) };
}

/** The order of an earlier run, if it was for the same: the same names, kind of key and own request. */
async function resumed(request: IssueRequest, begun: JournalEntry | undefined): Promise<Order | undefined> {
  if (begun === undefined) return undefined;
  const { csrPem, template } = request;
  if (csrPem !== undefined) return begun.csrDer === derOf(csrPem) ? begun : undefined;
  const earlier = parseCsr(pemOf(begun.csrDer), "the order's request");
  const wanted = parseCsr(pemOf((await fresh(request)).csrDer), "the order's request");
  const isSame =
    JSON.stringify(earlier.names) === JSON.stringify(wanted.names) && earlier.keyAlgorithm === wanted.keyAlgorithm;
  const isKept = template.publicKey.equals(earlier.publicKey);
  return begun.certificateKeyPem !== undefined && (isSame || isKept) ? begun : undefined;
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

function derOf(pem: string): string {
  return Buffer.from(decodePem(pem, ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"], "csrPem")).toString("base64");
}

function pemOf(base64: string): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}
