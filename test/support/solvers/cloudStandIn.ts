import type { StandIn } from "./standIn";

/** A stand-in of a DNS service with an API: one account, with the zones below. */
export interface CloudStandIn extends StandIn {
  /** What the service's name servers answer to a TXT query. */
  values(name: string): readonly string[];
  /** What somebody else puts beside. */
  put(name: string, value: string): void;
  /** What somebody else takes away. */
  take(name: string, value: string): void;
  /** The factory's arguments for this server with credentials that it accepts. */
  readonly args: Record<string, unknown>;
  /** Credentials that it does not know, and those that may only read. */
  readonly wrong: Record<string, unknown>;
  readonly readOnly: Record<string, unknown>;
}

/** The zones of every stand-in's account, those below others first. */
export const standInZones = ["sub.example.com", "example.com", "example.org"] as const;

/** A zone that exists, in another account. */
export const foreignZone = "example.net";

/** The zone that a name of the stand-in's lies in. */
export function standInZoneOf(name: string): string | undefined {
  return standInZones.find((zone) => name === zone || name.endsWith(`.${zone}`));
}
