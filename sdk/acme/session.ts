import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { messageOf } from "../errors";
import { WaitBudget, withRetries } from "../net/retry";
import { parseRetryAfter } from "../net/retryAfter";
import { refusal } from "./classify";
import { type Directory, readDirectory } from "./directory";
import { Pace } from "./pace";
import { AcmeError } from "./problem";
import { readProblem } from "./problemDocument";
import {
  type CoreHttp,
  type CoreResponse,
  type ExternalAccountBinding,
  loadCore,
  type ProtocolCore,
  type SignedRequestOptions,
} from "./protocolCore";
import { retryOf } from "./retry";
import { type RequestKind, Transport } from "./transport";

export interface AcmeClientOptions {
  /** URL of the directory (RFC 8555, 7.1.1). */
  readonly directoryUrl: string;
  /** Roots to trust besides the public ones, PEM, for a server with a private one. */
  readonly caBundlePem?: string;
  /** ECDSA P-256 or P-384, or RSA. */
  readonly accountKeyPem: string;
  /** The account of that key, if known: it is then not asked for. */
  readonly accountUrl?: string;
  /** The directory, if it was fetched before. */
  readonly directory?: Directory;
  /** Ends every request and wait. */
  readonly signal: AbortSignal;
  /** Shows progress. */
  readonly report?: (line: string) => void;
  /** How long `Retry-After` and failures of the server may be waited out in total, in milliseconds. @default 120,000 */
  readonly retryBudgetMs?: number;
}

export interface PostOptions {
  /** Completes "The ACME server … refused": `an order for www.example.com`. */
  readonly what: string;
  /**
   * Asked before the request is repeated after one whose outcome is not known: what is there already, if it was carried
   * out. Without it a request is simply repeated.
   */
  readonly recover?: () => Promise<CoreResponse | undefined>;
  /** What to send instead of the payload after this failure, if anything. */
  readonly insteadAfter?: (before: unknown) => object | undefined;
  /** Signed with this core and its public key instead of the account. */
  readonly signer?: ProtocolCore;
  readonly includeExternalAccountBinding?: boolean;
}

const defaultRetryBudget = 120_000;
/** A server that refuses this many fresh nonces one after the other is in trouble, and asked again later. */
const mostNonceRepetitions = 12;

/** The exchange of messages with one ACME server for one account: everything that has no meaning of its own. */
export class AcmeSession {
  readonly host: string;
  readonly signal: AbortSignal;
  readonly transport: Transport;
  /** How soon this server is done. */
  readonly paces = { validation: new Pace(), issuance: new Pace() };
  private readonly budget: WaitBudget;
  /** Of the piece of work that a request belongs to. */
  private readonly reporter = new AsyncLocalStorage<(line: string) => void>();
  private shownUntil = 0;
  private directoryOnce: Promise<Directory> | undefined;
  private core: Promise<ProtocolCore> | undefined;
  private keyPem: string;

  constructor(private readonly options: AcmeClientOptions) {
    this.host = new URL(options.directoryUrl).host;
    this.signal = options.signal;
    // Every wait of every order that is under way listens to it.
    setMaxListeners(0, options.signal);
    this.transport = new Transport(options);
    if (options.directory !== undefined) this.directoryOnce = Promise.resolve(options.directory);
    this.budget = new WaitBudget(options.retryBudgetMs ?? defaultRetryBudget);
    this.keyPem = options.accountKeyPem;
  }

  get directoryUrl(): string {
    return this.options.directoryUrl;
  }

  report(line: string): void {
    (this.reporter.getStore() ?? this.options.report)?.(line);
  }

  reporting<T>(report: (line: string) => void, work: () => Promise<T>): Promise<T> {
    return this.reporter.run(report, work);
  }

  /** The directory, fetched once. */
  directory(): Promise<Directory> {
    this.directoryOnce ??= this.fetchDirectory().catch((error: unknown) => {
      this.directoryOnce = undefined;
      throw error;
    });
    return this.directoryOnce;
  }

  private async fetchDirectory(): Promise<Directory> {
    const url = this.options.directoryUrl;
    return readDirectory((await this.get("directory", url, "its directory")).data, url);
  }

  /** The core that signs with the account's key, or with another one. */
  coreFor(keyPem?: string, binding?: ExternalAccountBinding): Promise<ProtocolCore> {
    if (keyPem !== undefined || binding !== undefined)
      return loadCore(this.options.directoryUrl, keyPem ?? this.keyPem, binding);
    this.core ??= loadCore(this.options.directoryUrl, this.keyPem);
    return this.core;
  }

  /** From now on signs with another key. */
  useKey(keyPem: string): void {
    this.keyPem = keyPem;
    this.core = undefined;
  }

  /** An unsigned request: the directory, renewal information. */
  get(kind: RequestKind, url: string, what: string): Promise<CoreResponse> {
    return this.patiently(async () => this.accepted(await this.transport.send(kind, url, "GET"), what));
  }

  /** A signed request; a payload of null is POST-as-GET. Throws `AcmeError` for every refusal. */
  post(
    kind: RequestKind,
    url: string,
    payload: object | null,
    kid: string | undefined,
    options: PostOptions,
  ): Promise<CoreResponse> {
    const { what, recover, signer, includeExternalAccountBinding = false } = options;
    return this.patiently(async (before) => {
      const done = isOutcomeUnknown(before) ? await recover?.() : undefined;
      if (done !== undefined) return done;
      const core = signer ?? (await this.coreFor());
      const header = { ...(kid !== undefined && { kid }), includeExternalAccountBinding };
      const content = options.insteadAfter?.(before) ?? payload;
      return this.accepted(await this.signed(core.http, kind, url, content && { ...content }, header), what);
    });
  }

  /** All requests of all orders wait out of one budget. The attempt is told what failed before. */
  private patiently<T>(attempt: (before: unknown) => Promise<T>): Promise<T> {
    return withRetries(attempt, {
      judge: retryOf,
      budget: this.budget,
      signal: this.signal,
      report: (error, wait) => this.reportWait(messageOf(error), wait),
    });
  }

  /** Many that wait for the same server at the same time are shown as one. */
  private reportWait(why: string, wait: number): void {
    const now = Date.now();
    if (now < this.shownUntil) return;
    this.shownUntil = now + wait;
    this.report(`${why} Trying again in ${Math.round(wait / 1_000)} s.`);
  }

  private async signed(
    http: CoreHttp,
    kind: RequestKind,
    url: string,
    payload: object | null,
    header: SignedRequestOptions,
  ): Promise<CoreResponse> {
    const { newNonce } = await this.directory();
    // Inherits all of acme-client but its transport.
    const exchange = Object.create(http) as CoreHttp;
    exchange.maxBadNonceRetries = mostNonceRepetitions;
    exchange.request = (to, method, options) => this.transport.send(kind, to, method.toUpperCase(), options?.data);
    exchange.getNonce = async () => this.transport.takeNonce() ?? (await this.fetchNonce(newNonce));
    return exchange.signedRequest(url, payload, header);
  }

  private async fetchNonce(url: string): Promise<string> {
    const { headers } = this.accepted(await this.transport.send("newNonce", url, "HEAD"), "a nonce");
    const nonce = headers["replay-nonce"];
    if (nonce !== undefined) return nonce;
    throw new AcmeError(`The ACME server ${this.host} sent no nonce.`, "retryLater", { isIssuersFault: true });
  }

  private accepted(response: CoreResponse, what: string): CoreResponse {
    if (response.status < 400) return response;
    const wait = parseRetryAfter(response.headers["retry-after"]);
    const retryAt = wait === undefined ? undefined : Date.now() + wait;
    throw refusal(this.host, what, readProblem(response.data, response.status), retryAt);
  }
}

/** Whether the server may have done what it was asked for: it gave no answer, or one of something in between. */
function isOutcomeUnknown(before: unknown): boolean {
  if (!(before instanceof AcmeError)) return false;
  const { problem } = before.details;
  return problem === undefined || problem.status >= 500;
}
