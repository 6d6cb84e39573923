import { CertificatesError } from "../errors";
import type { Lane } from "./lane";

/** Why a host is brought back, or left as it is, that did not fail itself. */
export class BrokenWave extends Error {}

/** The outcome of one host of a wave. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown };

export interface WaveWork<Host, Result> {
  name(host: Host): string;
  lane(host: Host): Lane;
  /**
   * Brings one host to what is wanted. It calls `served` once the host serves it, which resolves once all hosts of the
   * wave do and the wave was verified; if it rejects, the host is to go back.
   */
  bring(host: Host, served: () => Promise<void>): Promise<Result>;
  /** Throws unless the wave serves what it should. */
  verify(): Promise<void>;
}

/**
 * Brings the hosts of one wave to the same state, or back to the one before: all of them are staged, switched and
 * reloaded; then the wave is verified as a whole; only then does any of them retire what it had.
 */
export async function bringWave<Host, Result>(
  hosts: readonly Host[],
  { name, lane, bring, verify }: WaveWork<Host, Result>,
): Promise<Map<Host, Outcome<Result>>> {
  let arrived = 0;
  let broken: unknown;
  let open: () => void = () => undefined;
  let close: (error: unknown) => void = () => undefined;
  const verified = new Promise<void>((resolve, reject) => {
    open = resolve;
    close = reject;
  });
  verified.catch(() => undefined); // those that wait hear of it
  const breakUp = (cause: unknown, reason: string): void => {
    const isGone = CertificatesError.is(cause) && cause.code === "EngineGone";
    broken ??= isGone ? cause : new BrokenWave(reason, { cause });
    close(broken);
  };
  const verifyAll = async (): Promise<void> => {
    try {
      await verify();
      open();
    } catch (error) {
      breakUp(error, "The wave does not serve it.");
      throw error;
    }
  };
  /** Whoever waits for the others of the wave gives up its place in the lane meanwhile. */
  const served = async (host: Host): Promise<void> => {
    arrived += 1;
    lane(host).leave();
    try {
      await (arrived === hosts.length ? verifyAll() : verified);
    } finally {
      await lane(host).enter();
    }
  };
  const outcomes = await Promise.all(
    hosts.map(async (host): Promise<[Host, Outcome<Result>]> => {
      await lane(host).enter();
      try {
        // What has not begun yet is left as it is.
        if (broken !== undefined) return [host, { error: broken }];
        return [host, { result: await bring(host, () => served(host)) }];
      } catch (error) {
        breakUp(error, `${name(host)}, of the same wave, failed.`);
        return [host, { error }];
      } finally {
        lane(host).leave();
      }
    }),
  );
  return new Map(outcomes);
}
