import { type F5Configuration, F5Error } from "./f5Configuration";
import type { F5Command } from "./f5Objects";

interface Transaction {
  readonly begun: number;
  readonly commands: F5Command[];
}

/** What is not committed within this time is forgotten. */
const lifetime = 120_000;

/** Transactions: commands that are collected, then validated and carried out together. */
export class F5Transactions {
  private readonly open = new Map<string, Transaction>();
  private last = 1_389_812_350;

  begin(): unknown {
    this.last += 1;
    const id = String(this.last);
    this.open.set(id, { begun: Date.now(), commands: [] });
    return this.shown(id);
  }

  shown(id: string): Record<string, unknown> {
    this.find(id);
    return {
      transId: Number(id),
      state: "STARTED",
      timeoutSeconds: lifetime / 1000,
      asyncExecution: false,
      validateOnly: false,
      executionTimeout: 300,
      executionTime: 0,
      failureReason: "",
      kind: "tm:transactionstate",
      selfLink: `https://localhost/mgmt/tm/transaction/${id}?ver=16.1.4`,
    };
  }

  add(id: string, { method, collection, object = "", body }: F5Command): unknown {
    const { commands } = this.find(id);
    commands.push({ method, collection, object, body });
    const uri = `https://localhost/mgmt/tm/${collection}/${object.replaceAll("/", "~")}`;
    return {
      method,
      uri,
      body,
      evalOrder: commands.length,
      commandId: commands.length,
      kind: "tm:transaction:commandsstate",
    };
  }

  /** A transaction that fails is gone as well. */
  end(
    id: string,
    carryOut: (commands: readonly F5Command[]) => F5Configuration,
  ): { configuration: F5Configuration; shown: Record<string, unknown> } {
    const { commands } = this.find(id);
    const shown = this.shown(id);
    this.open.delete(id);
    if (commands.length === 0) throw new F5Error(400, "there is no command to commit in the transaction", 26);
    try {
      return { configuration: carryOut(commands), shown };
    } catch (error) {
      if (!(error instanceof F5Error)) throw error;
      throw new F5Error(400, `transaction failed:${error.message}`, 2);
    }
  }

  clear(): void {
    this.open.clear();
  }

  /** As if so much time had passed. */
  age(milliseconds: number): void {
    for (const [id, { begun, commands }] of this.open) this.open.set(id, { begun: begun - milliseconds, commands });
  }

  private find(id: string): Transaction {
    const found = this.open.get(id);
    if (found !== undefined && Date.now() - found.begun < lifetime) return found;
    this.open.delete(id);
    throw new F5Error(404, `unable to find transaction ${id}`, 1);
  }
}
