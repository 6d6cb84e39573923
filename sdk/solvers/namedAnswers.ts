import { CertificatesError } from "../errors";

/** What is served under a name. Two with the same id are the same answer. */
export interface ServedAnswer {
  readonly id: string;
}

interface Held<Answer> {
  readonly answer: Answer;
  holders: number;
  readonly gone: Promise<void>;
  readonly end: () => void;
}

const longestWait = 60_000;

/**
 * Answers by name. Several certificates can hold the same answer; another answer under the same name waits until the
 * first is gone.
 */
export class NamedAnswers<Answer extends ServedAnswer> {
  private readonly held = new Map<string, Held<Answer>>();

  get(name: string): Answer | undefined {
    return this.held.get(name)?.answer;
  }

  /** Returns what takes this holder's answer away, to be called once. */
  async add(name: string, answer: Answer, signal: AbortSignal): Promise<() => void> {
    const deadline = Date.now() + longestWait;
    for (let other = this.held.get(name); other !== undefined; other = this.held.get(name)) {
      if (other.answer.id === answer.id) {
        other.holders++;
        return () => this.remove(name);
      }
      await endOf(other.gone, deadline - Date.now(), name, signal);
    }
    let end = (): void => undefined;
    const gone = new Promise<void>((resolve) => (end = resolve));
    this.held.set(name, { answer, holders: 1, gone, end });
    return () => this.remove(name);
  }

  private remove(name: string): void {
    const held = this.held.get(name);
    if (held === undefined || --held.holders > 0) return;
    this.held.delete(name);
    held.end();
  }
}

function endOf(gone: Promise<void>, timeout: number, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", aborted);
      outcome();
    };
    const aborted = (): void => settle(() => reject(signal.reason));
    const timer = setTimeout(() => {
      const message = `The place where control of ${name} is shown is taken by another certificate's challenge, for longer than ${longestWait / 1_000} s.`;
      settle(() => reject(new CertificatesError("IssuanceFailed", message, { retryable: true })));
    }, timeout);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted);
    void gone.then(() => settle(resolve));
  });
}
