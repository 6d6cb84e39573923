import { createHash } from "node:crypto";
import type { ChallengeType, Identifier } from "../acme/challenge";
import { invalidArgument } from "../errors";
import { normalizeDnsName } from "../x509/dnsName";
import { type AnySolverKind, challengeOfSlot, kindOfSolver, slotNames, slotsOf } from "./registry";
import type { SolverSelector } from "./solver";
import { shown } from "./description";

/** One entry of `solvers`, checked. */
export interface ParsedSolver {
  readonly selector: SolverSelector;
  readonly kind: AnySolverKind;
  readonly spec: unknown;
  readonly challenge: ChallengeType;
  /** Where it stands in the arguments: `solvers[0].dns01`. */
  readonly property: string;
  /** The same for the same description, whoever parsed it. */
  readonly id: string;
}

/** Checks `solvers`. Secrets may be missing, in a preview. */
export function parseSolvers(value: unknown, property: string): ParsedSolver[] {
  if (!Array.isArray(value)) {
    throw invalidArgument(property, `${shown(value)} is no list.`, "Give [{ http01: standalone() }].");
  }
  return value.map((item: unknown, index) => parseSolver(item, `${property}[${index}]`));
}

const selectors = ["dnsNames", "dnsZones"] as const;

function parseSolver(value: unknown, property: string): ParsedSolver {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(property, `${shown(value)} is no solver.`, "Give { http01: standalone() }.");
  }
  const given = value as Readonly<Record<string, unknown>>;
  if (typeof given.kind === "string") {
    const [slot = "dns01"] = slotsOf(given.kind);
    const fix = `Name the challenge that it answers: { ${slot}: ${given.kind}({ … }) }.`;
    throw invalidArgument(property, `is a solver for no challenge.`, fix);
  }
  const known: readonly string[] = [...selectors, ...slotNames];
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw invalidArgument(`${property}.${name}`, "unknown property.", `A solver has ${known.join(", ")}.`);
  }
  const slots = slotNames.filter((name) => given[name] !== undefined);
  const [slot] = slots;
  if (slot === undefined || slots.length > 1) {
    const problem = slot === undefined ? "names no challenge." : `names ${slots.join(" and ")}.`;
    throw invalidArgument(
      property,
      problem,
      `Give exactly one of ${slotNames.join(", ")}; each is an entry of its own.`,
    );
  }
  const path = `${property}.${slot}`;
  const kind = kindOfSolver(slot, given[slot], path);
  const selector = parseSelector(given, property);
  const spec = kind.parse(given[slot], path);
  const id = createHash("sha256")
    .update(JSON.stringify([slot, given[slot]]))
    .digest("hex");
  return { selector, kind, spec, challenge: challengeOfSlot[slot], property: path, id };
}

function parseSelector(given: Readonly<Record<string, unknown>>, property: string): SolverSelector {
  const lists = selectors.flatMap((name) => {
    const list = given[name];
    if (list === undefined) return [];
    const path = `${property}.${name}`;
    if (!Array.isArray(list) || list.length === 0) {
      throw invalidArgument(path, `${shown(list)} selects nothing.`, "Give names, or leave it out for all names.");
    }
    return [[name, list.map((text: unknown, at) => parseName(name, text, `${path}[${at}]`))] as const];
  });
  return Object.fromEntries(lists);
}

function parseName(list: (typeof selectors)[number], text: unknown, property: string): string {
  if (typeof text !== "string") throw invalidArgument(property, `${shown(text)} is no name.`, "Give a text.");
  if (list === "dnsNames") return normalizeDnsName(text, property, "wildcards");
  if (text.startsWith("*.")) {
    throw invalidArgument(property, `${shown(text)} is a wildcard.`, "A zone covers all names in it: leave *. out.");
  }
  return normalizeDnsName(text, property);
}

/** How specific the selector is for a name; undefined if it does not select it. */
function specificity({ dnsNames, dnsZones }: SolverSelector, name: string): number | undefined {
  if (dnsNames === undefined && dnsZones === undefined) return 0;
  if (dnsNames?.includes(name) === true) return Infinity;
  const zones = (dnsZones ?? []).filter((zone) => name === zone || name.endsWith(`.${zone}`));
  return zones.length === 0 ? undefined : Math.max(...zones.map((zone) => zone.split(".").length));
}

const byDns: readonly ChallengeType[] = ["dns-01", "dns-persist-01"];
const forAddresses: readonly ChallengeType[] = ["http-01", "tls-alpn-01"];

/** Whether a challenge can prove control of an identifier at all. */
function canProve(challenge: ChallengeType, type: Identifier["type"], wildcard: boolean): boolean {
  if (type === "ip") return forAddresses.includes(challenge);
  return !wildcard || byDns.includes(challenge);
}

function selected(solvers: readonly ParsedSolver[], name: string, type: Identifier["type"]): [ParsedSolver, number][] {
  return solvers.flatMap((solver): [ParsedSolver, number][] => {
    const rank = type === "ip" ? specificityOfAddress(solver.selector) : specificity(solver.selector, name);
    return rank === undefined ? [] : [[solver, rank]];
  });
}

/** Selectors name DNS names: an address is left to solvers without one. */
function specificityOfAddress({ dnsNames, dnsZones }: SolverSelector): number | undefined {
  return dnsNames === undefined && dnsZones === undefined ? 0 : undefined;
}

/**
 * The solvers that are to prove an identifier, in the order in which they are tried: of those that can answer one of
 * the offered challenges, the most specific. An exact name is more specific than a zone, a longer zone more than a
 * shorter one, and any selector more than none.
 */
export function solversFor(
  solvers: readonly ParsedSolver[],
  identifier: Identifier,
  wildcard: boolean,
  offered?: readonly ChallengeType[],
): ParsedSolver[] {
  const name = wildcard ? `*.${identifier.value}` : identifier.value;
  const usable = selected(solvers, name, identifier.type).filter(
    ([{ challenge }]) =>
      canProve(challenge, identifier.type, wildcard) && (offered === undefined || offered.includes(challenge)),
  );
  const best = Math.max(...usable.map(([, rank]) => rank));
  return usable.filter(([, rank]) => rank === best).map(([solver]) => solver);
}

/** Throws `InvalidArgument` for the first of a certificate's names that none of the solvers can prove. */
export function assertProvable(
  solvers: readonly ParsedSolver[],
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
): void {
  for (const [index, name] of dnsNames.entries()) assertOne(solvers, name, "dns", `dnsNames[${index}]`);
  for (const [index, address] of ipAddresses.entries()) assertOne(solvers, address, "ip", `ipAddresses[${index}]`);
}

function assertOne(solvers: readonly ParsedSolver[], name: string, type: Identifier["type"], property: string): void {
  const wildcard = name.startsWith("*.");
  const matching = selected(solvers, name, type).map(([solver]) => solver);
  if (matching.some(({ challenge }) => canProve(challenge, type, wildcard))) return;
  const found = [...new Set(matching.map(({ challenge }) => challenge))].join(" and ");
  if (type === "ip") {
    const problem =
      found === ""
        ? `${name}: no solver of the account is for it; those with dnsNames or dnsZones are for these only.`
        : `${name} is an IP address, which ${found} cannot prove (RFC 8738).`;
    throw invalidArgument(
      property,
      problem,
      "Add { http01: … } or { tlsAlpn01: … } without a selector to the account's solvers.",
    );
  }
  if (wildcard && found !== "") {
    const problem = `${name} is a wildcard, which ${found} cannot prove (RFC 8555, 7.1.3).`;
    const zone = name.slice(2);
    throw invalidArgument(
      property,
      problem,
      `Add { dnsZones: ["${zone}"], dns01: … } to the account's solvers, or list the hosts one by one.`,
    );
  }
  const problem =
    solvers.length === 0
      ? `${name}: the account has no solvers.`
      : `${name}: no solver of the account is for it; they are for ${solvers.map(describeSelector).join("; ")}.`;
  throw invalidArgument(
    property,
    problem,
    `Add one for it to the account's solvers, as in { dnsZones: ["${name.replace(/^\*\./, "")}"], dns01: … }.`,
  );
}

function describeSelector({ selector }: ParsedSolver): string {
  return [...(selector.dnsNames ?? []), ...(selector.dnsZones ?? []).map((zone) => `${zone} and below`)].join(", ");
}
