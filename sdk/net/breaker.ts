import { CertificatesError, messageOf } from "../errors";

/**
 * What a failure says about the other side: its own fault; that it works, because it refused with good reason; or
 * nothing, as when the run was ended.
 */
export type Blame = "theirs" | "notTheirs" | "unknown";

export interface BreakerOptions {
  /** So many failures of its own in a row open the circuit. @default 3 */
  readonly failures?: number;
  /** Milliseconds until one request may find out whether it works again; doubled each time it does not. @default 60,000 */
  readonly openFor?: number;
  /** @default ten times `openFor` */
  readonly longest?: number;
}

/** Somebody who failed again and again was not asked. */
export class CircuitOpen extends CertificatesError {
  constructor(
    readonly key: string,
    /** Milliseconds since 1970: not asked before this. */
    readonly retryAt: number,
    cause: unknown,
    failures: number,
  ) {
    super(
      "IssuanceFailed",
      `${key} was not asked: it failed ${failures} times in a row, and is tried again after ${new Date(retryAt).toISOString()}. Last failure: ${messageOf(cause)}`,
      { retryable: true, cause },
    );
  }
}

interface Circuit {
  failures: number;
  last: unknown;
  /** Set while open. */
  retryAt?: number;
  openFor: number;
  /** One request is finding out. */
  isProbing: boolean;
}

/**
 * Circuit breakers of one process, one for each key: closed; after some failures in a row that are the other side's own
 * fault open, so that nobody waits for it; after a time half open, for one request that finds out.
 */
export class CircuitBreakers {
  private readonly circuits = new Map<string, Circuit>();
  private readonly failures: number;
  private readonly openFor: number;
  private readonly longest: number;

  constructor(
    { failures = 3, openFor = 60_000, longest = 10 * openFor }: BreakerOptions = {},
    private readonly now: () => number = Date.now,
  ) {
    this.failures = failures;
    this.openFor = openFor;
    this.longest = longest;
  }

  /** Why it is not to be asked now; undefined if it may be. */
  blocked(key: string): CircuitOpen | undefined {
    const circuit = this.circuits.get(key);
    if (circuit?.retryAt === undefined) return undefined;
    if (this.now() >= circuit.retryAt && !circuit.isProbing) return undefined;
    return new CircuitOpen(key, circuit.retryAt, circuit.last, circuit.failures);
  }

  /** Does the work unless the circuit is open: throws `CircuitOpen` then. */
  async run<T>(key: string, work: () => Promise<T>, blame: (error: unknown) => Blame): Promise<T> {
    const open = this.blocked(key);
    if (open !== undefined) throw open;
    const circuit = this.circuits.get(key);
    const isProbe = circuit?.retryAt !== undefined;
    if (isProbe) circuit.isProbing = true;
    try {
      const result = await work();
      this.circuits.delete(key);
      return result;
    } catch (error) {
      const whose = blame(error);
      if (whose === "notTheirs") this.circuits.delete(key);
      if (whose === "theirs") this.failed(key, error, isProbe);
      throw error;
    } finally {
      if (isProbe) circuit.isProbing = false;
    }
  }

  private failed(key: string, error: unknown, isProbe: boolean): void {
    const circuit = this.circuits.get(key) ?? { failures: 0, last: error, openFor: this.openFor, isProbing: false };
    this.circuits.set(key, circuit);
    circuit.failures += 1;
    circuit.last = error;
    if (circuit.failures < this.failures) return;
    // Requests that were under way when it opened do not keep it open for longer.
    if (circuit.retryAt !== undefined && !isProbe) return;
    if (isProbe) circuit.openFor = Math.min(this.longest, circuit.openFor * 2);
    circuit.retryAt = this.now() + circuit.openFor;
  }
}

/** Those of this process: keys are directory URLs of issuers and names of solvers. */
export const breakers = new CircuitBreakers();
