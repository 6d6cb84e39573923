import { checkAddress } from "./addressCheck";
import { type AddressState, newAddressState, noteAddressCheck, noteFindings } from "./addressState";
import type { ParsedEndpoint } from "./endpoint";
import type { ParsedExpected } from "./expected";
import { mapBounded } from "./mapBounded";
import { ProbeError } from "./probeFailure";
import type { Lookup } from "./resolve";
import type { TlsVersion } from "./served";
import { thisMachine } from "./vantage";

export interface RoundOptions {
  probeTimeoutMs?: number;
  tlsVersions?: readonly TlsVersion[];
  lookup?: Lookup;
}

const atOnce = 16;

/** Asks all endpoints again and again, and remembers what each of their addresses answered. */
export class Rounds {
  /** How many rounds were asked. */
  asked = 0;
  private readonly states = new Map<ParsedEndpoint, Map<string | undefined, AddressState>>();
  private readonly current = new Map<ParsedEndpoint, AddressState[]>();

  constructor(
    private readonly endpoints: readonly ParsedEndpoint[],
    private readonly expected: ParsedExpected,
    private readonly options: RoundOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** One round. Returns the states of the addresses that the endpoints' names stand for now. */
  async ask(): Promise<AddressState[]> {
    this.asked += 1;
    await mapBounded(this.endpoints, atOnce, async (endpoint) => {
      this.current.set(endpoint, await this.resolve(endpoint));
    });
    const states = this.endpoints.flatMap((endpoint) => this.current.get(endpoint) ?? []);
    await mapBounded(states, atOnce, (state) => this.check(state));
    return states;
  }

  private async resolve(endpoint: ParsedEndpoint): Promise<AddressState[]> {
    try {
      const { address, from = thisMachine(this.options.lookup) } = endpoint;
      const addresses = await withSignal(from.resolve(address), this.signal);
      return addresses.map((address) => this.stateOf(endpoint, address));
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      const before = this.current.get(endpoint);
      if (error.kind === "aborted" && before !== undefined) return before;
      const state = this.stateOf(endpoint, undefined);
      noteFindings(state, [{ reason: error.kind, message: error.message }]);
      return [state];
    }
  }

  private async check(state: AddressState): Promise<void> {
    const { endpoint, address } = state;
    if (address === undefined) return;
    const { probeTimeoutMs = 10_000, tlsVersions } = this.options;
    const { expected, signal } = this;
    const { serverName } = endpoint;
    const check = await checkAddress(endpoint, address, { expected, serverName, tlsVersions, probeTimeoutMs, signal });
    noteAddressCheck(state, check);
  }

  private stateOf(endpoint: ParsedEndpoint, address: string | undefined): AddressState {
    const known = this.states.get(endpoint) ?? new Map<string | undefined, AddressState>();
    this.states.set(endpoint, known);
    const state = known.get(address) ?? newAddressState(endpoint, address);
    known.set(address, state);
    return state;
  }
}

/** The system's resolver cannot be interrupted; its answer is then no longer waited for. */
function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new ProbeError("aborted", "the name was not resolved in time"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
