import type { Server, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { CertificatesError } from "../errors";
import { NamedAnswers, type ServedAnswer } from "./namedAnswers";
import { onceDone } from "./onceDone";
import type { SolverContext } from "./solver";
import type { ListenAddress } from "./standalone";

/** Another run may hold the port for the time of its own challenges. */
const patience = { waitMs: 10_000, everyMs: 250 };

/**
 * Listeners that all challenges of the process share, one for each address and port: opened with the first answer,
 * closed with the last.
 */
export class SharedListeners<Answer extends ServedAnswer> {
  private readonly listeners = new Map<string, Listener<Answer>>();

  /** `create` makes a server, not yet listening, that takes its answers from the function it is given. */
  constructor(private readonly create: (answerTo: (name: string) => Answer | undefined) => Server) {}

  /** Serves an answer under a name; returns what takes it away. */
  async serve(at: ListenAddress, name: string, answer: Answer, context: SolverContext): Promise<() => Promise<void>> {
    const { answers, leave } = await this.join(at, context);
    try {
      const remove = await answers.add(name, answer, context.signal);
      return onceDone(async () => {
        remove();
        await leave();
      });
    } catch (error) {
      await leave();
      throw error;
    }
  }

  /** Throws what keeps the listener from being opened. */
  async check(at: ListenAddress, context: SolverContext): Promise<void> {
    const { leave } = await this.join(at, context);
    await leave();
  }

  private async join(
    at: ListenAddress,
    context: SolverContext,
  ): Promise<{ answers: NamedAnswers<Answer>; leave: () => Promise<void> }> {
    const key = `${at.address ?? ""} ${at.port}`;
    for (;;) {
      let listener = this.listeners.get(key);
      if (listener?.closing !== undefined) {
        await listener.closing;
        continue;
      }
      if (listener === undefined) {
        const fresh = new Listener(at, this.create, () => {
          if (this.listeners.get(key) === fresh) this.listeners.delete(key);
        });
        this.listeners.set(key, fresh);
        listener = fresh;
      }
      const joined = listener;
      try {
        await joined.enter(context);
        return { answers: joined.answers, leave: () => joined.leave() };
      } catch (error) {
        // Whoever came first and opened the listener may have been stopped; this one goes on.
        if (CertificatesError.is(error) || context.signal.aborted) throw error;
      }
    }
  }
}

class Listener<Answer extends ServedAnswer> {
  readonly answers = new NamedAnswers<Answer>();
  closing: Promise<void> | undefined;
  private users = 0;
  private opening: Promise<void> | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(
    private readonly at: ListenAddress,
    create: (answerTo: (name: string) => Answer | undefined) => Server,
    private readonly forget: () => void,
  ) {
    this.server = create((name) => this.answers.get(name));
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  async enter(context: SolverContext): Promise<void> {
    this.users++;
    try {
      await (this.opening ??= this.open(context));
    } catch (error) {
      this.users--;
      this.forget();
      throw error;
    }
  }

  async leave(): Promise<void> {
    if (--this.users > 0) return;
    this.closing = new Promise((resolve) => {
      this.server.close(() => {
        this.forget();
        resolve();
      });
      for (const socket of this.sockets) socket.destroy();
    });
    await this.closing;
  }

  private async open({ signal, report }: SolverContext): Promise<void> {
    const deadline = Date.now() + patience.waitMs;
    for (let tries = 0; ; tries++) {
      const failure = await this.tryToListen();
      if (failure === undefined) return;
      if (failure.code !== "EADDRINUSE" || Date.now() >= deadline) throw explain(failure, this.at);
      if (tries === 0) report(`Port ${this.at.port} is in use; waiting for it.`);
      await pause(patience.everyMs, undefined, { signal });
    }
  }

  private tryToListen(): Promise<NodeJS.ErrnoException | undefined> {
    const { port, address } = this.at;
    return new Promise((resolve) => {
      this.server.once("error", resolve);
      // Without an address Node.js listens on `::`, which takes IPv4 as well, or on 0.0.0.0 where there is no IPv6.
      this.server.listen({ port, ...(address !== undefined && { host: address }) }, () => {
        this.server.off("error", resolve);
        resolve(undefined);
      });
    });
  }
}

function explain(error: NodeJS.ErrnoException, { port, address }: ListenAddress): CertificatesError {
  const place = address === undefined ? `port ${port}` : `port ${port} of ${address}`;
  const known: Record<string, readonly [string, string]> = {
    EADDRINUSE: [
      "another program listens there",
      "Stop it, let it serve the challenge (http01: webroot({ path }) with its document root), or listen on another port that it forwards to.",
    ],
    EACCES: [
      "this user may not",
      "Give Node.js the capability CAP_NET_BIND_SERVICE, lower net.ipv4.ip_unprivileged_port_start, or listen on a port above 1023 to which the standard one is forwarded.",
    ],
    EADDRNOTAVAIL: ["this machine has no such address", "Correct `address`, or leave it out for all addresses."],
  };
  const [reason, hint] = known[error.code ?? ""] ?? [error.message, "Check the port and the address."];
  return new CertificatesError("IssuanceFailed", `Cannot listen on ${place}: ${reason} (${error.code ?? "no code"}).`, {
    hint,
    cause: error,
    retryable: error.code === "EADDRINUSE",
  });
}
