import { setTimeout as delay } from "node:timers/promises";
import { CertificatesError } from "../../errors";
import { failureOf } from "../../net/command";
import type { Host } from "../hosts/host";

/** Where the runtime API of an HAProxy is, and the certificate that is meant there. */
export interface RuntimeCertificate {
  readonly socket: string;
  /** The program that talks to the socket. */
  readonly socat: string;
  /** As it stands in HAProxy's configuration. */
  readonly certificatePath: string;
  /** The crt-list that is to name it; undefined where the configuration does. */
  readonly crtList?: string;
}

/** Other programs may change another certificate meanwhile: HAProxy has one transaction at a time. */
const longestTransaction = 10_000;
const timeout = 30_000;

/** One certificate in a running HAProxy, by the commands of its stats socket (HAProxy Management Guide, 9.3). */
export class HaproxyRuntime {
  constructor(
    private readonly host: Host,
    private readonly at: RuntimeCertificate,
  ) {}

  /** Has HAProxy read a PEM text without using it; false if it has no certificate of this path and none may be made. */
  try(pem: string): Promise<boolean> {
    return this.inTurn(async () => {
      const begun = await this.beginOrMake(pem);
      if (begun !== "unknown") await this.abort();
      if (begun === "made") await this.forget();
      return begun !== "unknown";
    });
  }

  /**
   * Has new connections served with a PEM text; false if HAProxy has no certificate of this path and none may be made. One
   * that is made is served once it is listed.
   */
  use(pem: string): Promise<boolean> {
    return this.inTurn(async () => {
      const begun = await this.beginOrMake(pem);
      if (begun === "unknown") return false;
      const answer = await this.ask(`commit ssl cert ${this.at.certificatePath}`);
      if (/^Success!/m.test(answer)) return true;
      await this.abort();
      if (begun === "made") await this.forget();
      throw this.refusal(answer);
    });
  }

  /** Adds the certificate to the crt-list unless it is in use already. Returns what is in the way, if a reload helps. */
  async enlist(crtList: string): Promise<CertificatesError | undefined> {
    const { certificatePath } = this.at;
    if (await this.isUsed()) return undefined;
    const answer = await this.ask(`add ssl crt-list ${crtList} ${certificatePath}`);
    if (/^Success!/m.test(answer)) return undefined;
    await this.forget();
    if (!/crt-list .* does not exist/.test(answer)) throw this.refusal(answer);
    const problem = `${this.name} has no crt-list ${crtList}.`;
    const hint = `Name it in a line \`bind … ssl crt-list ${crtList}\` and reload HAProxy, or give the target a reload command.`;
    return new CertificatesError("DeploymentFailed", problem, { hint, retryable: true });
  }

  /** Takes every entry of the certificate out of the crt-list, and then the certificate itself out of the memory. */
  async delist(crtList: string): Promise<void> {
    const { certificatePath } = this.at;
    const entry = `${crtList} ${certificatePath}`;
    let answer = await this.ask(`del ssl crt-list ${entry}`);
    // The highest first: the numbers of the others stay.
    const [, lines] = /in several entries, .*\((.*)\)/.exec(answer) ?? [];
    for (const line of lines?.split(", ").reverse() ?? []) answer = await this.ask(`del ssl crt-list ${entry}:${line}`);
    const isGone = /^Entry '.*' deleted|does not exist|does not exist in the crt-list/m.test(answer);
    if (!isGone && (await this.isUsed())) throw this.refusal(answer, "remove");
    await this.forget();
  }

  /** Whether a `bind` line has the certificate. */
  async isUsed(): Promise<boolean> {
    return /^Status: Used$/m.test(await this.ask(`show ssl cert ${this.at.certificatePath}`));
  }

  /** SHA-1 of the certificate in use, in upper-case hexadecimal; undefined if there is none of this path. */
  async inUse(): Promise<string | undefined> {
    const answer = await this.ask(`show ssl cert ${this.at.certificatePath}`);
    return /^SHA1 FingerPrint: ([0-9A-F]{40})$/m.exec(answer)?.[1];
  }

  /** Removes the certificate from the memory; HAProxy keeps one that it uses. */
  private forget(): Promise<string> {
    return this.ask(`del ssl cert ${this.at.certificatePath}`);
  }

  private async beginOrMake(pem: string): Promise<"known" | "made" | "unknown"> {
    if (await this.begin(pem)) return "known";
    if (this.at.crtList === undefined) return "unknown";
    await this.ask(`new ssl cert ${this.at.certificatePath}`);
    try {
      if (await this.begin(pem)) return "made";
    } catch (error) {
      await this.forget();
      throw error;
    }
    return "unknown";
  }

  /**
   * Opens the transaction. Releases such as 2.6 put what is meant for one certificate into the open transaction of
   * another one, so that is asked for first, and the answer is looked at: it names the certificate that was set.
   */
  private async begin(pem: string): Promise<boolean> {
    const { certificatePath } = this.at;
    // An empty line ends the payload.
    const lines = pem.split("\n").filter((line) => line.trim() !== "");
    const end = Date.now() + longestTransaction;
    for (;;) {
      let other = otherIn(await this.abort());
      if (other === undefined) {
        const answer = await this.ask(`set ssl cert ${certificatePath} <<\n${lines.join("\n")}\n`);
        if (/not referenced by the configuration/.test(answer)) return false;
        const [, set] = /^Transaction (?:created|updated) for certificate (.+)!$/m.exec(answer) ?? [];
        if (set === certificatePath) return true;
        other = set ?? otherIn(answer);
        if (other === undefined) throw this.refusal(answer);
        // What is in that transaction now is not what its program put there.
        if (set !== undefined) await this.ask(`abort ssl cert ${set}`);
      }
      if (Date.now() > end) throw this.busyWith(other);
      await delay(50);
    }
  }

  private abort(): Promise<string> {
    return this.ask(`abort ssl cert ${this.at.certificatePath}`);
  }

  /** One command, one connection. Key material goes through the standard input. */
  private async ask(command: string): Promise<string> {
    const { socket, socat } = this.at;
    const program = [socat, "-t", "15", "-", `UNIX-CONNECT:${socket}`];
    const result = await this.host.run(program, { input: `${command}\n`, timeout });
    const failure = failureOf(program, result, { timeout });
    if (failure === undefined) return result.stdout.trim();
    throw new Unreachable(`${this.name} did not answer: ${failure}`);
  }

  private refusal(answer: string, verb = "take"): CertificatesError {
    const said = answer === "" ? "nothing" : answer.replace(/\s*\n\s*/g, " ");
    const problem = `${this.name} does not ${verb} ${this.at.certificatePath}, it said: ${said}.`;
    return new CertificatesError("TargetRefused", problem, hintFor(answer));
  }

  private busyWith(other: string): CertificatesError {
    const problem = `${this.name} is in a transaction about ${other}, which does not end.`;
    const hint = `If nothing else is changing that certificate, send the socket: abort ssl cert ${other}`;
    return new CertificatesError("DeploymentFailed", problem, { hint, retryable: true });
  }

  private get name(): string {
    return `HAProxy at ${this.at.socket}`;
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const key = JSON.stringify([this.host.name, this.at.socket]);
    const result = (turns.get(key) ?? Promise.resolve()).then(work);
    turns.set(
      key,
      result.catch(() => undefined),
    );
    return result;
  }
}

/** The end of the last transaction of this process, by host and socket. */
const turns = new Map<string, Promise<unknown>>();

/** Nothing answered on the socket. */
export class Unreachable extends CertificatesError {
  constructor(message: string) {
    super("DeploymentFailed", message, {
      retryable: true,
      hint: "Does HAProxy run, with `stats socket … level admin` in its section `global`, and may this user write to it?",
    });
  }
}

/** The certificate of a transaction that another program has opened. */
function otherIn(answer: string): string | undefined {
  return /ongoing transaction is about '([^']+)'/.exec(answer)?.[1];
}

function hintFor(answer: string): { hint?: string } {
  if (/permission denied/i.test(answer)) return { hint: "The socket needs `level admin` in HAProxy's configuration." };
  if (/used as default certificate/.test(answer))
    return {
      hint: 'It is the first one of its crt-list: put another one first and reload HAProxy, or use onDelete: "leave".',
    };
  if (answer === "") return { hint: "It takes no more than tune.bufsize (16384 bytes by default): raise it." };
  return {};
}
