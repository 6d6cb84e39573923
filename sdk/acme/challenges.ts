import { messageOf } from "../errors";
import { type Authorization, offeredChallenges, readAuthorization, validationFailure } from "./authorizations";
import type { Challenge } from "./challenge";
import type { AcmeClient } from "./client";
import { poll } from "./poll";
import { AcmeError } from "./problem";
import type { CoreResponse } from "./protocolCore";
import { settleBounded } from "./settle";

/** Chooses a challenge and puts its answer in place. */
export type Prove = (offered: readonly Challenge[]) => Promise<{
  readonly challenge: Challenge;
  readonly answer: { ready(): Promise<void>; remove(): Promise<void> };
}>;

export interface Proved {
  /** Authorizations that were valid before. */
  readonly reused: number;
  readonly warnings: readonly string[];
}

interface Presented {
  readonly authorization: Authorization;
  readonly challengeUrl: string;
  readonly name: string;
  readonly answer: { ready(): Promise<void>; remove(): Promise<void> };
}

const inFlight = 10;
const validationLimit = 5 * 60_000;

/**
 * Makes every authorization of an order valid. All answers are in place and seen before the first challenge is posted,
 * so that an answer that cannot be given costs no failed validation; every answer is removed, whatever happens.
 */
export async function proveAll(client: AcmeClient, urls: readonly string[], prove: Prove): Promise<Proved> {
  const authorizations = await settleBounded(urls, inFlight, (url) => fetchAuthorization(client, url));
  const dead = authorizations.filter(({ status }) => status !== "pending" && status !== "valid");
  if (dead.length > 0) throw validationFailure(client.session.host, dead);
  const pending = authorizations.filter(({ status }) => status === "pending");
  const presented: Presented[] = [];
  const warnings: string[] = [];
  try {
    await settleBounded(pending, inFlight, async (each) => presented.push(await present(client, each, prove)));
    await settleBounded(presented, presented.length, ({ answer }) => answer.ready());
    const validated = await settleBounded(presented, inFlight, (each) => validate(client, each));
    const failed = validated.filter(({ status }) => status !== "valid");
    if (failed.length > 0) throw validationFailure(client.session.host, failed);
  } finally {
    await settleBounded(presented, inFlight, async ({ answer, name }) => {
      try {
        await answer.remove();
      } catch (error) {
        const warning = `The answer to the challenge of ${name} could not be removed: ${messageOf(error)}`;
        warnings.push(warning);
        client.session.report(warning);
      }
    });
  }
  return { reused: authorizations.length - pending.length, warnings };
}

async function present(client: AcmeClient, authorization: Authorization, prove: Prove): Promise<Presented> {
  const { session, account } = client;
  const core = await session.coreFor();
  const offered = await offeredChallenges(authorization, await account.url(), (token) =>
    core.getChallengeKeyAuthorization({ type: "http-01", token }),
  );
  const { challenge, answer } = await prove(offered.map((each) => each.challenge));
  const url = offered.find((each) => each.challenge.type === challenge.type)?.url;
  const name = nameOf(authorization);
  if (url === undefined) {
    await answer.remove();
    throw new AcmeError(`The ACME server ${session.host} offers no ${challenge.type} for ${name}.`, "nextIssuer");
  }
  return { authorization, challengeUrl: url, name, answer };
}

/** Tells the server that the answer is in place, and waits for what it finds. */
async function validate(client: AcmeClient, { authorization, challengeUrl, name }: Presented): Promise<Authorization> {
  const { session } = client;
  const { url } = authorization;
  const posted = await postChallenge(client, url, challengeUrl, name);
  return poll(
    {
      signal: session.signal,
      limitMs: validationLimit,
      pace: session.paces.validation,
      retryAfter: posted.headers["retry-after"],
      waiting: (seconds) =>
        session.report(`The ACME server ${session.host} is still validating ${name}: asking again in ${seconds} s.`),
      tooLong: () =>
        new AcmeError(
          `The ACME server ${session.host} has not validated ${name} within ${validationLimit / 60_000} minutes.`,
          "retryLater",
          { isIssuersFault: true },
        ),
    },
    async () => {
      const now = await fetchAuthorization(client, url);
      return now.status === "pending" ? { retryAfter: now.retryAfter } : { result: now };
    },
  );
}

async function postChallenge(
  client: AcmeClient,
  url: string,
  challengeUrl: string,
  name: string,
): Promise<CoreResponse> {
  const recover = (): Promise<CoreResponse | undefined> => answeredAlready(client, url, challengeUrl);
  const options = { what: `to validate ${name}`, recover };
  try {
    return await client.session.post("challenge", challengeUrl, {}, await client.account.url(), options);
  } catch (error) {
    // An earlier run, or another one with the same order, may have posted it; some servers refuse it then.
    const isMalformed = error instanceof AcmeError && error.details.problem?.type === "malformed";
    const already = isMalformed ? await recover() : undefined;
    if (already === undefined) throw error;
    return already;
  }
}

/** Whether the server has the challenge already, which it takes only once: the authorization as it is now. */
async function answeredAlready(
  client: AcmeClient,
  url: string,
  challengeUrl: string,
): Promise<CoreResponse | undefined> {
  const response = await requestAuthorization(client, url);
  const now = readAuthorization(response, url);
  const challenge = now.challenges.find((each) => each.url === challengeUrl);
  return now.status === "pending" && challenge?.status === "pending" ? undefined : response;
}

async function fetchAuthorization(client: AcmeClient, url: string): Promise<Authorization> {
  return readAuthorization(await requestAuthorization(client, url), url);
}

async function requestAuthorization({ session, account }: AcmeClient, url: string): Promise<CoreResponse> {
  return session.post("authorization", url, null, await account.url(), { what: "to show an authorization" });
}

function nameOf({ identifier, wildcard }: Authorization): string {
  return `${wildcard ? "*." : ""}${identifier.value}`;
}
