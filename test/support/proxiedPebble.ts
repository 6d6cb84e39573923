import { type FaultProxy, startFaultProxy } from "./faultProxy";
import { type Pebble, type PebbleOptions, startPebble } from "./pebble";
import type { RunningServers } from "./runningServers";

/**
 * Starts a Pebble and a fault proxy in front of it for the tests of a block. After each of them nothing goes wrong any
 * more, and what was asked is forgotten.
 */
export function useProxiedPebble(
  servers: RunningServers,
  started: (pebble: Pebble, proxy: FaultProxy) => void | Promise<void>,
  options?: PebbleOptions,
): void {
  let proxy: FaultProxy;
  beforeAll(async () => {
    const pebble = await servers.add(startPebble(options));
    proxy = await servers.add(startFaultProxy(pebble));
    await started(pebble, proxy);
  });
  afterEach(() => {
    proxy.inject();
    proxy.clear();
  });
}
