import type { ChildProcessWithoutNullStreams } from "node:child_process";

/** The time was over before the answer came. */
export class NoAnswer extends Error {}

/** The process ended before the answer came. */
export class Ended extends Error {}

export interface Answer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * The answers of a shell. Each ends, on the standard output and on the standard error, with a line that begins with a
 * mark that nobody else knows; on the output the exit code follows it.
 */
export class AnswerReader {
  private readonly output: MarkedStream;
  private readonly errors: MarkedStream;
  private waiting: Waiting | undefined;
  private readonly ended: Promise<void>;
  private isEnded = false;
  private failure = "";

  constructor(child: ChildProcessWithoutNullStreams, mark: string) {
    this.output = new MarkedStream(mark);
    this.errors = new MarkedStream(mark);
    const take = (stream: MarkedStream) => (chunk: Buffer) => {
      stream.add(chunk);
      this.answer();
    };
    child.stdout.on("data", take(this.output));
    child.stderr.on("data", take(this.errors));
    // A process that has ended closes its input; that it ended is what counts.
    child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.isEnded = true;
        this.waiting?.reject(new Ended());
        resolve();
      };
      child.once("close", end);
      child.once("error", (error) => {
        this.failure = error.message;
        end();
      });
    });
  }

  /** The next answer. Rejects with `NoAnswer` or `Ended`. */
  next(timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.waiting?.reject(new NoAnswer()), timeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        this.waiting = undefined;
      };
      this.waiting = {
        resolve: (answer) => (done(), resolve(answer)),
        reject: (error) => (done(), reject(error)),
      };
      this.answer();
      if (this.isEnded) this.waiting?.reject(new Ended());
    });
  }

  /** The end of what it wrote to its standard error, besides answers. */
  said(): string {
    return [this.errors.rest(), this.failure].filter(Boolean).join("\n").trim();
  }

  /** Asks it to end, unless it has, and waits until it did. */
  async closed(ask: () => void): Promise<void> {
    if (!this.isEnded) ask();
    await this.ended;
  }

  private answer(): void {
    if (this.waiting === undefined || !this.output.isComplete || !this.errors.isComplete) return;
    const [stdout, code] = this.output.take();
    const [stderr] = this.errors.take();
    this.waiting.resolve({ code: Number(code), stdout, stderr: stderr.toString("utf8") });
  }
}

/** A stream of texts, each of which ends with a line of its own: the mark, and what follows it. */
class MarkedStream {
  private readonly complete: [text: Buffer, after: string][] = [];
  private pending: Buffer = Buffer.alloc(0);
  private searched = 0;
  private readonly mark: Buffer;

  constructor(mark: string) {
    this.mark = Buffer.from(`\n${mark}`);
  }

  get isComplete(): boolean {
    return this.complete.length > 0;
  }

  add(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    for (;;) {
      const at = this.pending.indexOf(this.mark, this.searched);
      const end = at === -1 ? -1 : this.pending.indexOf("\n", at + this.mark.length);
      if (end === -1) {
        // The mark may have begun at the end of what is there.
        this.searched = at === -1 ? Math.max(0, this.pending.length - this.mark.length) : at;
        return;
      }
      const after = this.pending.toString("latin1", at + this.mark.length, end).trim();
      this.complete.push([this.pending.subarray(0, at), after]);
      this.pending = this.pending.subarray(end + 1);
      this.searched = 0;
    }
  }

  take(): [text: Buffer, after: string] {
    return this.complete.shift() as [Buffer, string];
  }

  rest(): string {
    return this.pending.toString("utf8").slice(-4_000);
  }
}
