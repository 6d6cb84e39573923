import { createPrivateKey, X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Server, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import {
  type F5CertKeyChain,
  type F5Configuration,
  type F5DataGroup,
  type F5File,
  F5Error,
  assertValid,
  defaultEntry,
  entriesOf,
} from "./f5Configuration";
import { type F5Command, carryOut } from "./f5Objects";
import { F5Transactions } from "./f5Transactions";
import { F5Uploads } from "./f5Uploads";
import { F5Users } from "./f5Users";
import { createTestCa, issueTestCertificate } from "./testCertificates";

export interface F5Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface F5Answer {
  readonly status: number;
  readonly json: unknown;
}

/**
 * What is done about a request: an answer in place of the real one; `drop` ends the connection before anything is done,
 * `lose` afterwards.
 */
export type Interceptor = (request: F5Request) => F5Answer | "drop" | "lose" | undefined;

/**
 * A stand-in for an F5 BIG-IP, which cannot run here: its iControl REST over HTTPS, and virtual servers that serve TLS
 * with the certificates of their client SSL profiles. It follows F5's public documentation, the iControl REST User Guide
 * (transactions, authentication by token, file transfer, partitions in paths), the iControl REST API Reference on
 * clouddocs.f5.com (properties of `sys file ssl-cert`, `sys file ssl-key`, `ltm profile client-ssl`,
 * `ltm data-group internal`), "Demystifying iControl REST" on DevCentral, parts 5 to 7, and, for the texts of refusals,
 * answers of BIG-IP in the issues of F5's own Terraform provider and Ansible modules.
 */
export class F5Server {
  readonly users = new F5Users();
  readonly credentials = { user: "admin", password: this.users.passwordOf("admin") };
  /** `GET /mgmt/…`, in the order in which they came. */
  readonly requests: string[] = [];
  readonly uploads = new F5Uploads();
  readonly tokens = this.users.tokens;
  readonly transactions = new F5Transactions();
  /** What a start of the BIG-IP would load. */
  saved: F5Configuration;
  /** How often a profile was changed. */
  readonly commits = new Map<string, number>();
  private readonly virtuals = new Map<string, Server[]>();
  private readonly interceptors: Interceptor[] = [];
  private held: { readonly match: RegExp; readonly until: Promise<void> } | undefined;

  private constructor(
    private readonly server: Server,
    readonly caBundlePem: string,
    public configuration: F5Configuration,
  ) {
    this.saved = configuration;
    server.on("request", (incoming, response) => void this.handle(incoming, response));
  }

  static async start(): Promise<F5Server> {
    const ca = await createTestCa("Management");
    const own = await issueTestCertificate(ca, { commonName: "localhost", ipAddresses: ["127.0.0.1"] });
    const preset = await issueTestCertificate(undefined, { commonName: "localhost.localdomain", keyType: "RSA" });
    const file = (content: string): F5File => ({ content, createTime: "2026-01-01T00:00:00Z" });
    const server = createServer({ key: own.privateKeyPem, cert: own.fullChainPem });
    await listen(server);
    return new F5Server(server, ca.certificatePem, {
      certs: new Map([[defaultEntry.cert, file(preset.certificatePem)]]),
      keys: new Map([[defaultEntry.key, file(preset.privateKeyPem)]]),
      profiles: new Map([["/Common/clientssl", { settings: {} }]]),
      dataGroups: new Map<string, F5DataGroup>(),
    });
  }

  get address(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** A profile made from clientssl, and a virtual server that uses it; the port of that. */
  async addVirtual(profile: string, settings: Readonly<Record<string, unknown>> = {}): Promise<number> {
    const { profiles } = this.configuration;
    this.configuration = {
      ...this.configuration,
      profiles: new Map(profiles).set(profile, {
        settings: { defaultsFrom: "/Common/clientssl", ciphers: "DEFAULT", ...settings },
      }),
    };
    const server = createServer(this.tlsOptions(profile), (_request, response) => response.end("served"));
    await listen(server);
    this.virtuals.set(profile, [...(this.virtuals.get(profile) ?? []), server]);
    return (server.address() as AddressInfo).port;
  }

  /** What somebody changes at the BIG-IP itself. */
  change(command: F5Command): void {
    const { configuration } = carryOut(this.configuration, command, (path) => this.uploads.read(path));
    this.takeUp(configuration);
  }

  /** Puts a file into the store in place of whatever is there. */
  installByHand(store: "certs" | "keys", object: string, content: string): void {
    const file = { content, createTime: "2026-01-01T00:00:00Z" };
    this.configuration = { ...this.configuration, [store]: new Map(this.configuration[store]).set(object, file) };
  }

  /** The certificates that a profile uses. */
  entries(profile: string): readonly F5CertKeyChain[] {
    const found = this.configuration.profiles.get(profile);
    return found === undefined ? [] : entriesOf(found);
  }

  fingerprintOf(cert: string): string | undefined {
    const file = this.configuration.certs.get(cert);
    return file && new X509Certificate(file.content).fingerprint256.replaceAll(":", "").toLowerCase();
  }

  /** Looks at each request first. */
  intercept(look: Interceptor): () => void {
    this.interceptors.push(look);
    return () => void this.interceptors.splice(this.interceptors.indexOf(look), 1);
  }

  /** Lets requests wait that match (`POST /mgmt/…`) until they are released. */
  hold(match: RegExp): () => void {
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    this.held = { match, until };
    return () => {
      this.held = undefined;
      release();
    };
  }

  /** Loads what was saved, as after a power failure. */
  restart(): void {
    this.takeUp(this.saved);
    this.tokens.clear();
    this.transactions.clear();
  }

  async stop(): Promise<void> {
    for (const server of [this.server, ...[...this.virtuals.values()].flat()]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = "GET", url = "/", headers } = incoming;
    const path = decodeURIComponent(new URL(url, this.address).pathname).replace(/\/$/, "");
    const request = { method, path, headers, body: Buffer.concat(chunks) };
    const line = `${method} ${path}`;
    this.requests.push(line);
    if (this.held?.match.test(line) === true) await this.held.until;
    const answer = this.answerTo(request);
    if (answer === "lost") {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": "application/json; charset=UTF-8" });
    response.end(JSON.stringify(answer.json));
  }

  private answerTo(request: F5Request): F5Answer | "lost" {
    const answers = this.interceptors.map((look) => look(request));
    const other = answers.find((answer) => answer !== undefined);
    if (other === "drop") return "lost";
    if (other === "lose") {
      this.route(request);
      return "lost";
    }
    if (other !== undefined) return other;
    try {
      return { status: 200, json: this.route(request) };
    } catch (error) {
      if (!(error instanceof F5Error)) throw error;
      const { status, message, apiError } = error;
      return { status, json: { code: status, message, errorStack: [], apiError } };
    }
  }

  private route(request: F5Request): unknown {
    const { method, path } = request;
    if (path === "/mgmt/shared/authn/login" && method === "POST") return this.users.logIn(jsonOf(request));
    const user = this.users.authenticate(request);
    const [, tokenName] = /^\/mgmt\/shared\/authz\/tokens\/([^/]+)$/.exec(path) ?? [];
    if (tokenName !== undefined && method === "DELETE") {
      this.tokens.delete(tokenName);
      return { token: tokenName };
    }
    this.users.authorize(user, request);
    const [, upload] = /^\/mgmt\/shared\/file-transfer\/uploads\/([^/]+)$/.exec(path) ?? [];
    if (upload !== undefined && method === "POST") return this.uploads.take(upload, request);
    if (path === "/mgmt/tm/util/unix-rm" && method === "POST") return this.uploads.remove(jsonOf(request));
    if (path === "/mgmt/tm/sys/config" && method === "POST") return this.save(jsonOf(request));
    return this.onTransactions(request) ?? this.onObjects(request);
  }

  private save({ command }: Readonly<Record<string, unknown>>): unknown {
    if (command !== "save") throw new F5Error(400, `command '${String(command)}' is invalid`, 26);
    this.saved = this.configuration;
    return { kind: "tm:sys:config:savestate", command };
  }

  private onTransactions(request: F5Request): unknown {
    const { method, path } = request;
    if (path === "/mgmt/tm/transaction" && method === "POST") return this.transactions.begin();
    const [, id] = /^\/mgmt\/tm\/transaction\/(\d+)$/.exec(path) ?? [];
    if (id !== undefined && method === "GET") return this.transactions.shown(id);
    if (id === undefined || method !== "PATCH") return undefined;
    const { state, validateOnly = false } = jsonOf(request);
    if (state !== "VALIDATING") throw new F5Error(400, `invalid state ${String(state)}`, 26);
    const { configuration, shown } = this.transactions.end(id, (commands) => {
      let after = this.configuration;
      for (const command of commands) after = carryOut(after, command, (file) => this.uploads.read(file)).configuration;
      assertValid(after, this.configuration);
      return after;
    });
    if (validateOnly === true) return { ...shown, state: "VALIDATING", validateOnly };
    this.takeUp(configuration);
    return { ...shown, state: "COMPLETED" };
  }

  private onObjects(request: F5Request): unknown {
    const [, collection = "", named] =
      /^\/mgmt\/tm\/(sys\/file\/ssl-cert|sys\/file\/ssl-key|ltm\/profile\/client-ssl|ltm\/data-group\/internal)(?:\/([^/]+))?$/.exec(
        request.path,
      ) ?? [];
    const command = {
      method: request.method,
      collection,
      ...(named !== undefined && { object: named.replaceAll("~", "/") }),
      body: request.body.length === 0 ? {} : jsonOf(request),
    };
    const transaction = request.headers["x-f5-rest-coordination-id"];
    if (typeof transaction === "string") return this.transactions.add(transaction, command);
    const { configuration, shown } = carryOut(this.configuration, command, (path) => this.uploads.read(path));
    assertValid(configuration, this.configuration);
    this.takeUp(configuration);
    return shown;
  }

  /** New connections get what the profiles say from now on; those that are open stay. */
  private takeUp(configuration: F5Configuration): void {
    const before = this.configuration;
    this.configuration = configuration;
    for (const [profile, servers] of this.virtuals) {
      if (configuration.profiles.get(profile) === before.profiles.get(profile)) continue;
      this.commits.set(profile, (this.commits.get(profile) ?? 0) + 1);
      for (const server of servers) server.setSecureContext(this.tlsOptions(profile));
    }
  }

  private tlsOptions(profile: string): { key: string[]; cert: string[] } {
    const { certs, keys } = this.configuration;
    const entries = this.entries(profile);
    const textOf = (files: ReadonlyMap<string, F5File>, name = ""): string => files.get(name)?.content ?? "";
    const key = entries.map((entry) => textOf(keys, entry.key));
    const cert = entries.map((entry) => textOf(certs, entry.cert) + textOf(certs, entry.chain));
    for (const text of key) createPrivateKey(text);
    return { key, cert };
  }
}

function jsonOf({ body }: F5Request): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(body.toString("utf8")) as Readonly<Record<string, unknown>>;
  } catch {
    throw new F5Error(400, "Found invalid JSON body in the request.", 1);
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}
