import { invalidArgument } from "../../errors";
import { type TakenCredentials, giveCredentials } from "../../targets/credentials";
import { type HostSpec, parseHost } from "../../targets/hosts/hosts";
import type { AnyTargetKind } from "../../targets/registry";
import type { Credentials } from "../define";
import type { DeploymentInputs } from "./state";

/** This machine alone. */
export const localWaves: { readonly kind: string }[][] = [[{ kind: "local" }]];

/** The waves as they are understood, with the keys that pass through this run. */
export function wavesOf({ waves = [] }: Pick<DeploymentInputs, "waves">, credentials: Credentials = {}): HostSpec[][] {
  const given = giveCredentials(waves, (credentials.waves ?? {}) as TakenCredentials);
  if (!Array.isArray(given) || given.length === 0) {
    throw invalidArgument(
      "waves",
      "there are none.",
      "Give lists of hosts, [[ssh({ … })], [ssh({ … })]], or leave it out.",
    );
  }
  const parsed = given.map((wave: unknown, index) => {
    const property = `waves[${index}]`;
    if (!Array.isArray(wave) || wave.length === 0)
      throw invalidArgument(property, "is no list of hosts.", "Give at least one host: [ssh({ … })].");
    return wave.map((host: unknown, at) => parseHost(host, `${property}[${at}]`));
  });
  assertDifferent(parsed);
  return parsed;
}

/** Throws for a target that is on no host. */
export function assertOnHosts({ kind, isRemote }: AnyTargetKind): void {
  if (isRemote !== true) return;
  const problem = `${kind} is reached at its own address from the machine that runs Pulumi, not through hosts.`;
  throw invalidArgument("waves", problem, "Leave waves out, and give each such target a deployment of its own.");
}

function assertDifferent(waves: readonly HostSpec[][]): void {
  const seen = new Set<string>();
  for (const [index, wave] of waves.entries()) {
    for (const [at, { name }] of wave.entries()) {
      if (seen.has(name))
        throw invalidArgument(`waves[${index}][${at}]`, `${name} stands there already.`, "Name each host once.");
      seen.add(name);
    }
  }
}

export function assertConcurrency(value: unknown): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 200)) return;
  throw invalidArgument(
    "concurrency",
    `${JSON.stringify(value)} is no whole number from 1 to 200.`,
    "Leave it out for 10.",
  );
}
