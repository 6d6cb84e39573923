import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LineProcess, startProgram } from "./lineProcess";
import { needs } from "./requirements";

/** A Java virtual machine with HTTPS servers that read keystores, and clients that read trust stores. */
export interface KeystoreServer {
  readonly pid: number;
  /** Where a POST of a keystore's path and password, a line each, has the server on this port read it. */
  reloadUrl(port: number): string;
  /** Where a POST of a trust store's path has the client of this name read it. */
  trustUrl(client: string): string;
  /** Whether the client trusts a certificate, by its chain in PEM. */
  trusts(client: string, fullChainPem: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Compiles and starts KeystoreServer.java. */
export async function startKeystoreServer(): Promise<KeystoreServer> {
  const javac = needs("javac").program;
  const classes = mkdtempSync(join(tmpdir(), "keystore-server-"));
  execFileSync(javac, ["--release", "11", "-d", classes, join(__dirname, "KeystoreServer.java")], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  const java = startProgram(join(dirname(javac), "java"), ["-Xmx128m", "-cp", classes, "KeystoreServer"]);
  const port = await controlPort(java);
  return {
    pid: java.pid,
    reloadUrl: (server) => `http://127.0.0.1:${port}/reload/${String(server)}`,
    trustUrl: (client) => `http://127.0.0.1:${port}/trust/${client}`,
    trusts: async (client, body) => {
      const { ok, status } = await fetch(`http://127.0.0.1:${port}/trusts/${client}`, { method: "POST", body });
      if (!ok && status !== 403) throw new Error(`The client ${client} answered ${String(status)}.`);
      return ok;
    },
    stop: async () => {
      await java.stop();
      rmSync(classes, { recursive: true });
    },
  };
}

async function controlPort(java: LineProcess): Promise<string> {
  const line = await java.line((one) => one.startsWith("control "));
  return line.slice("control ".length);
}
