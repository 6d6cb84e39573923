import type { ChildProcessWithoutNullStreams } from "node:child_process";

/** The time was over before a line came. */
export class NoAnswer extends Error {}

/** The process ended before a line came. */
export class Ended extends Error {}

interface Waiting {
  resolve(line: string): void;
  reject(error: Error): void;
}

const errorsKept = 4_000;

/** The lines that a process writes, as they are asked for. */
export class LineReader {
  private readonly chunks: string[] = [];
  private readonly lines: string[] = [];
  private waiting: Waiting | undefined;
  private errors = "";
  private readonly ended: Promise<void>;
  private isEnded = false;

  constructor(child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding("latin1").on("data", (chunk: string) => this.add(chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.errors = (this.errors + chunk).slice(-errorsKept);
    });
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
        this.errors += error.message;
        end();
      });
    });
  }

  /** Rejects with `NoAnswer` or `Ended`. */
  next(timeoutMs: number): Promise<string> {
    const line = this.lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.isEnded) return Promise.reject(new Ended());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.waiting?.reject(new NoAnswer()), timeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        this.waiting = undefined;
      };
      this.waiting = {
        resolve: (text) => (done(), resolve(text)),
        reject: (error) => (done(), reject(error)),
      };
    });
  }

  /** The end of what it wrote to its standard error. */
  said(): string {
    return this.errors.trim();
  }

  /** Asks it to end, unless it has, and waits until it did. */
  async closed(ask: () => void): Promise<void> {
    if (!this.isEnded) ask();
    await this.ended;
  }

  private add(chunk: string): void {
    const parts = chunk.split("\n");
    const rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = [...this.chunks, part].join("");
      this.chunks.length = 0;
      if (this.waiting === undefined) this.lines.push(line);
      else this.waiting.resolve(line);
    }
    if (rest !== "") this.chunks.push(rest);
  }
}
