import { AcmeError, type FailureClass, type ProblemDocument } from "./problem";
import { describeProblem } from "./problemDocument";

/** By the type of the problem (RFC 8555, 6.7 and the registry that it founds), for the answer to a request. */
const classes: Readonly<Record<string, FailureClass>> = {
  badNonce: "retryNow",
  orderNotReady: "retryNow",
  rateLimited: "retryLater",
  serverInternal: "retryLater",
  connection: "newOrder",
  dns: "newOrder",
  tls: "newOrder",
  incorrectResponse: "newOrder",
  // Another CA may be allowed by CAA, accept the name, know the account.
  caa: "nextIssuer",
  rejectedIdentifier: "nextIssuer",
  unsupportedIdentifier: "nextIssuer",
  invalidProfile: "nextIssuer",
  externalAccountRequired: "nextIssuer",
  accountDoesNotExist: "nextIssuer",
  unauthorized: "nextIssuer",
  userActionRequired: "nextIssuer",
  badSignatureAlgorithm: "nextIssuer",
  badCSR: "fatal",
  badPublicKey: "fatal",
  malformed: "fatal",
  invalidContact: "fatal",
  unsupportedContact: "fatal",
  badRevocationReason: "fatal",
};

/** From the mildest: a problem made of several is as bad as the worst of them. */
const severity: readonly FailureClass[] = ["retryNow", "retryLater", "newOrder", "nextIssuer", "fatal"];

const hints: Readonly<Record<string, string>> = {
  caa: "Check the CAA records of the name and of the zones above it.",
  dns: "Check that the name resolves in public DNS and that DNSSEC is in order.",
  connection: "Check that the address that the name resolves to can be reached from the internet.",
  unauthorized: "Check that the answer was served where the CA asked for it.",
  incorrectResponse: "Check that the answer was served where the CA asked for it.",
  tls: "Check what answers on port 443 of the name.",
  externalAccountRequired: "Set externalAccountBinding to the key identifier and HMAC key that the CA gives out.",
  accountDoesNotExist: "Check that the account key belongs to this directory.",
  badPublicKey: "Use another key: the CA refuses this one.",
  rejectedIdentifier: "The CA does not issue for this name.",
};

/**
 * The class of a problem. `validation`: it is the error of a challenge, where `unauthorized` means a wrong answer to the
 * challenge and not a wrong account.
 */
export function classOf(problem: ProblemDocument, validation = false): FailureClass {
  const { type, status, subproblems } = problem;
  const own = validation && type === "unauthorized" ? "newOrder" : classes[type];
  const all = [own, ...subproblems.map((each) => classOf(each, validation))].filter((each) => each !== undefined);
  // The type of a problem with subproblems says little (`malformed`, `compound`): they say what is wrong.
  const telling = subproblems.length > 0 && (own === "fatal" || own === undefined) ? all.slice(own ? 1 : 0) : all;
  if (telling.length > 0) return worstOf(telling);
  if (status === 429) return "retryLater";
  if (status >= 500) return "retryLater";
  return validation ? "newOrder" : "nextIssuer";
}

/** The one that asks for most. */
export function worstOf(all: readonly FailureClass[]): FailureClass {
  return all.reduce((worst, each) => (severity.indexOf(each) > severity.indexOf(worst) ? each : worst), "retryNow");
}

/** What to do about it, where the type of the problem tells. */
export function hintOf(problem: ProblemDocument): string | undefined {
  if (problem.type === "userActionRequired") return actionRequired(problem);
  return hints[problem.type] ?? problem.subproblems.map(hintOf).find((hint) => hint !== undefined);
}

/** What a program must not do for a person (RFC 8555, 7.3.3): above all to agree to new terms of service. */
function actionRequired({ instance }: ProblemDocument): string {
  return instance === undefined
    ? "Do what the CA asks for in your account there, such as to agree to its current terms of service."
    : `Do what the CA asks for at ${instance}, such as to agree to its current terms of service.`;
}

/** The error of an answer that refuses a request. `what` completes "The ACME server … refused". */
export function refusal(host: string, what: string, problem: ProblemDocument, retryAt?: number): AcmeError {
  const failureClass = classOf(problem);
  const isIssuersFault = problem.type === "serverInternal" || (problem.type === "" && problem.status >= 500);
  const hint =
    hintOf(problem) ?? (retryAt === undefined ? undefined : `Not before ${new Date(retryAt).toISOString()}.`);
  return new AcmeError(
    `The ACME server ${host} ${isIssuersFault ? "failed at" : "refused"} ${what}: ${describeProblem(problem)}.`,
    failureClass,
    { problem, isIssuersFault, ...(retryAt !== undefined && { retryAt }), ...(hint !== undefined && { hint }) },
  );
}
