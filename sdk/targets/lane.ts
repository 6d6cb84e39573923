/** Lets so many work at once. */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}

interface Step {
  readonly key: string | undefined;
  readonly run: () => Promise<void>;
  readonly failedTogether: (() => void) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The deployments to one host in one run. The host takes one slot while any of them is at work. What they do for the
 * whole server, such as telling it to reload, they do together: once none of them has anything else to do first.
 */
export class Lane {
  private atWork = 0;
  private slot: Promise<void> = Promise.resolve();
  private steps: Step[] = [];

  constructor(private readonly slots: Slots) {}

  async enter(): Promise<void> {
    this.atWork += 1;
    if (this.atWork === 1) this.slot = this.slots.take();
    await this.slot;
  }

  leave(): void {
    this.atWork -= 1;
    if (this.atWork === 0) this.slots.leave();
    this.runIfComplete();
  }

  /**
   * Runs when all others that are at work here wait as well; one run serves all that gave the same key. If a run that
   * served several fails, nobody can tell whose fault it is: then `failedTogether` is called besides.
   */
  together(key: string | undefined, run: () => Promise<void>, failedTogether?: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.steps.push({ key, run, failedTogether, resolve, reject });
      this.runIfComplete();
    });
  }

  private runIfComplete(): void {
    if (this.steps.length === 0 || this.steps.length < this.atWork) return;
    const groups = new Map<unknown, Step[]>();
    for (const step of this.steps) {
      const key = step.key ?? step;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [step]);
      else group.push(step);
    }
    this.steps = [];
    void runInTurn([...groups.values()]);
  }
}

async function runInTurn(groups: readonly Step[][]): Promise<void> {
  for (const group of groups) {
    try {
      await group[0]?.run();
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject, failedTogether } of group) {
        if (group.length > 1) failedTogether?.();
        reject(error);
      }
    }
  }
}

/** So many deployments at once ask what is served. */
const askingAtOnce = 20;

/** The lanes of one run, so many of them at work at once. */
export class Lanes {
  private readonly asking = new Slots(askingAtOnce);
  private readonly lanes = new Map<string, Lane>();
  private readonly slots: Slots;

  constructor(concurrency: number) {
    this.slots = new Slots(concurrency);
  }

  of(host: string): Lane {
    let lane = this.lanes.get(host);
    if (lane === undefined) this.lanes.set(host, (lane = new Lane(this.slots)));
    return lane;
  }

  /** Asks what is served once not too many others do. */
  async ask(verify: () => Promise<void>): Promise<void> {
    await this.asking.take();
    try {
      await verify();
    } finally {
      this.asking.leave();
    }
  }
}
