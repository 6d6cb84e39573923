import { join } from "node:path";
import { startScript } from "./lineProcess";

/** A web server in a process of its own, which reads its PEM files again when told to. */
export interface HttpsServer {
  readonly port: number;
  readonly pid: number;
  /** Sends SIGHUP and waits: the fingerprint it serves from now on. Fails if the files do not fit together. */
  reload(): Promise<string>;
  /** The fingerprint after a reload that something else causes, such as `watch` or a reload command. */
  reloaded(): Promise<string>;
  stop(): Promise<void>;
}

export interface HttpsServerOptions {
  /** The certificate followed by its chain. */
  certificatePath: string;
  keyPath: string;
  /** @default any free one */
  port?: number;
  /** Reload by itself when a file was replaced. @default false */
  watch?: boolean;
  /** Where to write the process id, for a reload command. @default nowhere */
  pidFile?: string;
}

export async function startHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const { certificatePath, keyPath, port = 0, watch = false, pidFile } = options;
  const args = ["--certificate", certificatePath, "--key", keyPath, "--port", String(port)];
  if (watch) args.push("--watch");
  if (pidFile !== undefined) args.push("--pid-file", pidFile);
  const server = startScript(join(__dirname, "httpsServerProcess.mjs"), args);
  const reloaded = async (): Promise<string> => {
    const line = await server.line((one) => one.includes('"reload'));
    const said = JSON.parse(line) as { reloaded?: string; reloadFailed?: string };
    if (said.reloaded === undefined) throw new Error(`The server kept its certificate: ${String(said.reloadFailed)}`);
    return said.reloaded;
  };
  const first = JSON.parse(await server.line((one) => one.includes('"port"'))) as { port: number };
  return {
    port: first.port,
    pid: server.pid,
    reloaded,
    reload: () => {
      server.signal("SIGHUP");
      return reloaded();
    },
    stop: () => server.stop(),
  };
}
