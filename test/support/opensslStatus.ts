import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** What a certificate says about where its status is: paths at the server. */
export interface Pointers {
  readonly ocsp?: string;
  readonly crl?: string;
}

const openssl = (...args: string[]): Buffer => execFileSync("openssl", args, { stdio: "pipe" });
const ecKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const caExtensions = [
  "-addext",
  "basicConstraints=critical,CA:TRUE",
  "-addext",
  "keyUsage=critical,keyCertSign,cRLSign",
];

/**
 * A CA kept by `openssl ca`, with an HTTP server on 127.0.0.1 that answers `/ocsp` by `openssl ocsp` from the CA's index
 * and every other path from `bodies`.
 */
export class OpensslStatus {
  /** What the server answers at a path. */
  readonly bodies = new Map<string, Buffer>();
  /** Requests so far, by path. */
  readonly requests = new Map<string, number>();
  /** Changes what `openssl ocsp` is told: the signer, by default the CA itself. */
  responder: { signer: string; args: readonly string[] } = { signer: "ca", args: ["-ndays", "1"] };
  private leaves = 0;

  private constructor(
    readonly folder: string,
    private readonly server: Server,
  ) {}

  static async start(folder: string): Promise<OpensslStatus> {
    mkdirSync(join(folder, "new"), { recursive: true });
    const server = createServer();
    const status = new OpensslStatus(folder, server);
    server.on("request", (request, response) => {
      const path = request.url ?? "/";
      status.requests.set(path, (status.requests.get(path) ?? 0) + 1);
      const body = status.bodies.get(path);
      if (body !== undefined) return void response.end(body);
      if (!path.startsWith("/ocsp")) return void response.writeHead(404).end();
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        status.ocspAnswer(Buffer.concat(chunks)).then(
          (answer) => response.end(answer),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    status.createCa();
    return status;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get caPem(): string {
    return readFileSync(this.file("ca.pem"), "utf8");
  }

  /** Issues a certificate with a new key, and enters it into the index. */
  issue(pointers: Pointers, extensions: readonly string[] = []): string {
    const name = `leaf${(this.leaves += 1)}`;
    const access = pointers.ocsp === undefined ? [] : [`authorityInfoAccess=OCSP;URI:${this.url}${pointers.ocsp}`];
    const points = pointers.crl === undefined ? [] : [`crlDistributionPoints=URI:${this.url}${pointers.crl}`];
    writeFileSync(this.file("leaf.ext"), ["basicConstraints=CA:FALSE", ...access, ...points, ...extensions].join("\n"));
    openssl(
      "req",
      "-new",
      ...ecKey,
      "-subj",
      `/CN=${name}`,
      "-keyout",
      this.file(`${name}.key`),
      "-out",
      this.file("csr"),
    );
    const output = ["-out", this.file(`${name}.pem`), "-extfile", this.file("leaf.ext"), "-days", "30", "-notext"];
    this.ca("-in", this.file("csr"), ...output);
    return name;
  }

  pem(name: string): string {
    return readFileSync(this.file(`${name}.pem`), "utf8");
  }

  revoke(name: string, reason = "superseded"): void {
    this.ca("-revoke", this.file(`${name}.pem`), "-crl_reason", reason);
  }

  /** A new list of what was revoked, DER; `args` go to `openssl ca -gencrl`. */
  crl(...args: string[]): Buffer {
    this.ca("-gencrl", "-out", this.file("crl.pem"), ...(args.length === 0 ? ["-crldays", "7"] : args));
    return openssl("crl", "-in", this.file("crl.pem"), "-outform", "DER");
  }

  /** A responder's certificate, from this CA or from one that has nothing to do with it. */
  createResponder(name: string, extensions: readonly string[], from = "ca"): void {
    if (from !== "ca") this.selfSigned(from);
    const subject = ["-subj", `/CN=${name}`, "-keyout", this.file(`${name}.key`), "-out", this.file(`${name}.pem`)];
    const issuer = ["-CA", this.file(`${from}.pem`), "-CAkey", this.file(`${from}.key`), "-days", "30"];
    const added = ["basicConstraints=critical,CA:FALSE", ...extensions].flatMap((each) => ["-addext", each]);
    openssl("req", "-x509", ...ecKey, ...subject, ...issuer, ...added);
  }

  /** A CA with the same name as this one and another key. */
  selfSigned(name: string, commonName = "Status CA"): void {
    const output = [
      "-subj",
      `/CN=${commonName}`,
      "-keyout",
      this.file(`${name}.key`),
      "-out",
      this.file(`${name}.pem`),
    ];
    openssl("req", "-x509", ...ecKey, ...caExtensions, ...output, "-days", "3650");
  }

  /** What `openssl ocsp` answers a request. */
  async ocspAnswer(request: Buffer): Promise<Buffer> {
    const path = this.file(`request-${process.hrtime.bigint()}`);
    writeFileSync(path, request);
    const { signer, args } = this.responder;
    const who = [
      "-CA",
      this.file("ca.pem"),
      "-rsigner",
      this.file(`${signer}.pem`),
      "-rkey",
      this.file(`${signer}.key`),
    ];
    const files = ["-index", this.file("index.txt"), "-reqin", path, "-respout", `${path}.answer`];
    await new Promise<void>((resolve, reject) =>
      execFile("openssl", ["ocsp", ...files, ...who, ...args], (error) => (error ? reject(error) : resolve())),
    );
    return readFileSync(`${path}.answer`);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private createCa(): void {
    this.selfSigned("ca");
    for (const [name, content] of Object.entries({ "index.txt": "", serial: "1000\n", crlnumber: "01\n" }))
      writeFileSync(this.file(name), content);
    const config = `[ca]
default_ca = own
[own]
database = ${this.file("index.txt")}
new_certs_dir = ${this.file("new")}
serial = ${this.file("serial")}
crlnumber = ${this.file("crlnumber")}
certificate = ${this.file("ca.pem")}
private_key = ${this.file("ca.key")}
default_md = sha256
policy = any
crl_extensions = crl_ext
[any]
commonName = supplied
[crl_ext]
authorityKeyIdentifier = keyid
[crl_part]
issuingDistributionPoint = critical,@part
[part]
fullname = URI:${this.url}/part.crl
[crl_delta]
2.5.29.27 = critical,DER:020101
`;
    writeFileSync(this.file("ca.conf"), config);
  }

  private ca(...args: string[]): void {
    openssl("ca", "-config", this.file("ca.conf"), "-batch", ...args);
  }

  private file(name: string): string {
    return join(this.folder, name);
  }
}
