import { createHash, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { Challenge, ChallengeType } from "../../../sdk/acme/challenge";
import type { AnySolverKind, SolverSlot } from "../../../sdk/solvers/registry";
import type { Requirement } from "../requirements";

/** A solver with whatever answers to it (a listener, a name server, a stand-in of a service), made for one test. */
export interface TestSolver {
  /** What the factory returned, secrets among it. */
  readonly args: Record<string, unknown>;
  /** The name for which challenges are made; others are made below it. */
  readonly name: string;
  /** Whether a CA that looks for the answer to this challenge finds it there: really fetched or resolved. */
  answers(challenge: Challenge): Promise<boolean>;
  /** What is left in the places where answers are put, answers or not. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

export interface SolverFixture {
  /** Tells fixtures of one kind apart. */
  readonly variant?: string;
  readonly kind: AnySolverKind;
  readonly slot: SolverSlot;
  create(): Promise<TestSolver>;
  /** Changes to a description that make it one that can never work, with the property at fault. */
  readonly invalid: readonly (readonly [change: Record<string, unknown>, property: string])[];
  /**
   * What becomes of two different answers for one name: both are there at the same time, or the second waits until the
   * first is gone.
   * @default "together"
   */
  readonly sameName?: "together" | "inTurn";
  /** The answer is not this package's to put there and to remove. */
  readonly permanent?: true;
  /** How many answers there can be at the same time. @default any number */
  readonly atOnce?: number;
  /** The program that it needs. @default none */
  readonly needs?: Requirement;
}

/** A challenge as a CA offers it, with random values. */
export function testChallenge(type: ChallengeType, name: string, more: Partial<Challenge> = {}): Challenge {
  const token = randomBytes(32).toString("base64url");
  const keyAuthorization = `${token}.${randomBytes(32).toString("base64url")}`;
  return {
    type,
    identifier: { type: isIP(name) === 0 ? "dns" : "ip", value: name },
    wildcard: false,
    token,
    keyAuthorization,
    digest: createHash("sha256").update(keyAuthorization).digest("base64url"),
    accountUrl: "https://ca.example/account/1",
    ...(type === "dns-persist-01" && { issuerDomainNames: ["ca.example"] }),
    ...more,
  };
}
