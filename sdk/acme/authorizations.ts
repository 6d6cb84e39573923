import { createHash } from "node:crypto";
import type { Challenge, ChallengeType, Identifier } from "./challenge";
import { classOf, hintOf, worstOf } from "./classify";
import { recordOf } from "./directory";
import { AcmeError, type ProblemDocument } from "./problem";
import { describeProblem, readProblem } from "./problemDocument";
import type { CoreResponse } from "./protocolCore";

/** The proof of control of one identifier (RFC 8555, 7.1.4). */
export interface Authorization {
  readonly url: string;
  readonly status: "pending" | "valid" | "invalid" | "deactivated" | "expired" | "revoked";
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly challenges: readonly OfferedChallenge[];
  /** Of the answer that it came with. */
  readonly retryAfter?: string;
}

export interface OfferedChallenge {
  readonly type: string;
  readonly url: string;
  readonly status: string;
  readonly token: string;
  readonly issuerDomainNames?: readonly string[];
  readonly error?: ProblemDocument;
}

const known: readonly string[] = ["http-01", "dns-01", "tls-alpn-01", "dns-persist-01"] satisfies ChallengeType[];

export function readAuthorization(response: CoreResponse, url: string): Authorization {
  const fields = recordOf(response.data);
  const identifier = recordOf(fields.identifier);
  const { type, value } = identifier;
  if (typeof fields.status !== "string" || (type !== "dns" && type !== "ip") || typeof value !== "string")
    throw new AcmeError(
      `The ACME server ${new URL(url).host} sent something else than an authorization.`,
      "nextIssuer",
      { isIssuersFault: true },
    );
  const retryAfter = response.headers["retry-after"];
  return {
    url,
    status: fields.status as Authorization["status"],
    identifier: { type, value: value.replace(/^\*\./, "") },
    wildcard: fields.wildcard === true || value.startsWith("*."),
    challenges: (Array.isArray(fields.challenges) ? fields.challenges : []).map(readChallenge),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function readChallenge(value: unknown): OfferedChallenge {
  const fields = recordOf(value);
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  const domains = fields["issuer-domain-names"];
  const { error } = fields;
  return {
    type: text("type"),
    url: text("url"),
    status: text("status"),
    token: text("token"),
    ...(Array.isArray(domains) && { issuerDomainNames: domains.map(String) }),
    ...(error !== undefined && error !== null && { error: readProblem(error, 0) }),
  };
}

/** The challenges that a solver can answer, with what it needs for that. */
export async function offeredChallenges(
  authorization: Authorization,
  accountUrl: string,
  keyAuthorizationOf: (token: string) => Promise<string>,
): Promise<{ challenge: Challenge; url: string }[]> {
  const { identifier, wildcard } = authorization;
  const usable = authorization.challenges.filter(({ type, status }) => known.includes(type) && status !== "invalid");
  return Promise.all(
    usable.map(async ({ type, url, token, issuerDomainNames }) => {
      const keyAuthorization = await keyAuthorizationOf(token);
      const digest = createHash("sha256").update(keyAuthorization).digest("base64url");
      return {
        url,
        challenge: {
          type: type as ChallengeType,
          identifier,
          wildcard,
          token,
          keyAuthorization,
          digest,
          accountUrl,
          ...(issuerDomainNames && { issuerDomainNames }),
        },
      };
    }),
  );
}

/** The error of authorizations that the server did not accept: which names, by which challenge, and why. */
export function validationFailure(host: string, failed: readonly Authorization[]): AcmeError {
  const problems = failed.flatMap(({ challenges }) => challenges.flatMap(({ error }) => (error ? [error] : [])));
  const lines = failed.map((each) => {
    const challenge = each.challenges.find(({ error }) => error !== undefined);
    const name = `${each.wildcard ? "*." : ""}${each.identifier.value}`;
    if (challenge?.error === undefined) return `${name}: its authorization is ${each.status}`;
    const { identifier: _named, ...problem } = challenge.error;
    return `${name} by ${challenge.type}: ${describeProblem(problem)}`;
  });
  const failureClass = worstOf(["newOrder", ...problems.map((problem) => classOf(problem, true))]);
  const hint = problems.map(hintOf).find((each) => each !== undefined);
  const isIssuersFault = problems.length > 0 && problems.every(({ type }) => type === "serverInternal");
  return new AcmeError(`The ACME server ${host} could not validate ${lines.join("; ")}.`, failureClass, {
    isIssuersFault,
    ...(problems[0] && { problem: problems[0] }),
    ...(hint !== undefined && { hint }),
  });
}
