import type { SolverContext } from "../solver";
import { selfAndParents } from "../dns/name";
import { type NamedService, zoneMissing } from "./failures";

/** How long it is relied on that a zone is where it was found. */
const keptFor = 5 * 60_000;

/** Finds the zone of a name, the longest that the account has, and keeps it for a while. */
export class Zones<Zone> {
  private readonly found = new Map<string, { zone: Promise<Zone>; until: number }>();

  constructor(
    private readonly service: NamedService,
    /** The zone of exactly this name. */
    private readonly lookUp: (zone: string, context: SolverContext) => Promise<Zone | undefined>,
  ) {}

  /** Rejects with an error that names the rights that are needed if there is none. */
  async of(name: string, context: SolverContext): Promise<Zone> {
    const kept = this.found.get(name);
    if (kept !== undefined && kept.until > Date.now()) return await kept.zone;
    const zone = this.search(name, context);
    const entry = { zone, until: Date.now() + keptFor };
    this.found.set(name, entry);
    try {
      return await zone;
    } catch (error) {
      if (this.found.get(name) === entry) this.found.delete(name);
      throw error;
    }
  }

  private async search(name: string, context: SolverContext): Promise<Zone> {
    for (const candidate of selfAndParents(name)) {
      const zone = await this.lookUp(candidate, context);
      if (zone !== undefined) return zone;
    }
    throw zoneMissing(this.service, name);
  }
}
