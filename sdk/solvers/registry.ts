import type { ChallengeType } from "../acme/challenge";
import { invalidArgument } from "../errors";
import { acmeDnsSolver } from "./acmeDns";
import { azureDnsSolver } from "./azureDns";
import { cloudflareSolver } from "./cloudflare";
import { shown } from "./description";
import { digitalOceanSolver } from "./digitalOcean";
import { googleCloudDnsSolver } from "./googleCloudDns";
import { execDns01 } from "./execDns01";
import { execHttp01 } from "./execHttp01";
import { httpReqSolver } from "./httpReq";
import { persistentRecordSolver } from "./persistentRecord";
import { powerDnsSolver } from "./powerDns";
import { rfc2136Solver } from "./rfc2136";
import { route53Solver } from "./route53";
import type { SolverKind } from "./solver";
import { standaloneHttp01 } from "./standaloneHttp01";
import { standaloneTlsAlpn01 } from "./standaloneTlsAlpn01";
import { webrootSolver } from "./webroot";

/**
 * Every kind of solver, by the property of a description (`{ http01: standalone() }`) that names its challenge. A new
 * kind is one file, one line here, and one fixture for the contract suite.
 */
export const solverSlots = {
  http01: [standaloneHttp01, webrootSolver, execHttp01],
  tlsAlpn01: [standaloneTlsAlpn01],
  dns01: [
    rfc2136Solver,
    powerDnsSolver,
    acmeDnsSolver,
    httpReqSolver,
    execDns01,
    cloudflareSolver,
    digitalOceanSolver,
    route53Solver,
    azureDnsSolver,
    googleCloudDnsSolver,
  ],
  dnsPersist01: [persistentRecordSolver],
} as const;

/** A property of a solver's description that names a challenge. */
export type SolverSlot = keyof typeof solverSlots;

type FactoryOf<Kind> = Kind extends { readonly factory: (...args: never[]) => infer Args } ? Args : never;

/** What the factories for each challenge return. */
export type SolverArgsBySlot = { [Slot in SolverSlot]: FactoryOf<(typeof solverSlots)[Slot][number]> };

/** A kind, where it does not matter which one. */
export type AnySolverKind = SolverKind<unknown, { readonly kind: string }>;

export const challengeOfSlot: Readonly<Record<SolverSlot, ChallengeType>> = {
  http01: "http-01",
  tlsAlpn01: "tls-alpn-01",
  dns01: "dns-01",
  dnsPersist01: "dns-persist-01",
};

const kindsOf = (slot: SolverSlot): readonly AnySolverKind[] =>
  solverSlots[slot] as readonly unknown[] as readonly AnySolverKind[];

export const slotNames = Object.keys(solverSlots) as readonly SolverSlot[];

/** All of them. A name such as `standalone` stands once for each challenge that it can answer. */
export const solverKinds: readonly AnySolverKind[] = slotNames.flatMap(kindsOf);

/** Where a kind of this name can stand. */
export const slotsOf = (name: unknown): SolverSlot[] =>
  slotNames.filter((slot) => kindsOf(slot).some(({ kind }) => kind === name));

/** The kind that a description in this slot names. */
export function kindOfSolver(slot: SolverSlot, description: unknown, property: string): AnySolverKind {
  const name =
    typeof description === "object" && description !== null ? (description as { kind?: unknown }).kind : undefined;
  const found = kindsOf(slot).find(({ kind }) => kind === name);
  if (found !== undefined) return found;
  const usable = kindsOf(slot).map(({ kind }) => `${kind}({ … })`);
  const elsewhere = slotsOf(name);
  const problem =
    elsewhere.length === 0
      ? `${shown(name)} is no kind of solver for ${challengeOfSlot[slot]}.`
      : `${shown(name)} cannot answer ${challengeOfSlot[slot]}, only ${elsewhere.map((other) => challengeOfSlot[other]).join(" and ")}.`;
  const move = elsewhere.length === 0 ? "" : `Write it under ${elsewhere.join(" or ")}, or use here one of: `;
  throw invalidArgument(property, problem, `${move === "" ? "Use one of: " : move}${usable.join(", ")}.`);
}
