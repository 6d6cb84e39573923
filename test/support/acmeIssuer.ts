import { createPublicKey } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IssueRequest } from "../../sdk/issuers/issuer";
import type { KeyAlgorithm } from "../../sdk/keys/algorithms";
import { generatePrivateKey } from "../../sdk/keys/generate";
import { newKeyPem, registeredClient } from "./acmeOrders";
import type { Pebble } from "./pebble";

const variable = "PULUMI_CERTIFICATES_STATE_DIR";

/** A folder of its own for the journals of a test file's orders, and those that are in it. */
export class JournalFolder {
  readonly path = mkdtempSync(join(tmpdir(), "acme-issuer-"));
  private readonly before = process.env[variable];

  constructor() {
    process.env[variable] = this.path;
  }

  entries(): string[] {
    return readdirSync(join(this.path, "orders")).filter((file) => file.endsWith(".order"));
  }

  remove(): void {
    if (this.before === undefined) delete process.env[variable];
    else process.env[variable] = this.before;
    rmSync(this.path, { recursive: true });
  }
}

interface Server {
  readonly directoryUrl: string;
  readonly caBundlePem: string;
}

/** What an issuer kind is given by an account at a server; by default names are proved by a listener of the solver's own. */
export interface AccountCredentials {
  with(solvers?: readonly object[]): { readonly issuer: string; readonly solvers: string };
}

/** Creates an account at a server, which is Pebble or something in front of it. */
export async function accountAt(server: Server, pebble: Pebble): Promise<AccountCredentials> {
  const { directoryUrl, caBundlePem } = server;
  const accountKeyPem = await newKeyPem();
  const accountUrl = await (await registeredClient(server, { accountKeyPem })).account.url();
  const standalone = { http01: { kind: "standalone", port: pebble.httpPort, address: "127.0.0.1" } };
  return {
    with: (solvers = [standalone]) => ({
      issuer: JSON.stringify({ directoryUrl, caBundlePem, accountKeyPem, accountUrl }),
      solvers: JSON.stringify(solvers),
    }),
  };
}

/** Asks for a certificate for `<name>.example` with a new key. */
export async function issueRequest(name: string, algorithm: KeyAlgorithm = "ECDSA-P256"): Promise<IssueRequest> {
  const privateKey = await generatePrivateKey(algorithm);
  const template = {
    subject: {},
    names: { dnsNames: [`${name}.example`] },
    publicKey: createPublicKey(privateKey),
    notBefore: new Date(),
    notAfter: new Date(),
  };
  const signal = AbortSignal.timeout(120_000);
  return { name: `project/stack/${name}`, template, privateKey, options: {}, signal, report: () => undefined };
}
