// What `npm start` of an example does: starts its servers, runs its program against them, and tells what happens.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ToolMissing, toolMissingCode } from "../provideOnce.mjs";
import { ensurePulumi } from "../pulumi.mjs";
import { ensureBuild, ensureDependencies } from "../setup.mjs";
import { interrupt, isInterrupted } from "../quickstart/interruption.mjs";
import { say, tell } from "../quickstart/narrate.mjs";
import { startBind } from "./bind.mjs";
import { prepareCertbotHost } from "./certbotHost.mjs";
import { startCloud } from "./cloud.mjs";
import { startCluster } from "./cluster.mjs";
import { prepareEnvoy } from "./envoy.mjs";
import { essence } from "./essence.mjs";
import { startEdgeHosts } from "./edgeHosts.mjs";
import { freePorts } from "./freePorts.mjs";
import { prepareHaproxy } from "./haproxy.mjs";
import { prepareNginx } from "./nginx.mjs";
import { startDns, startPebble } from "./pebble.mjs";
import { startPostgresql } from "./postgresql.mjs";
import { startSshd } from "./sshd.mjs";
import { TrialStack } from "./stack.mjs";

/**
 * Runs the story of an example. All it makes is in a folder of its own, which is removed at the end, as the servers are
 * stopped: when it went well, when it failed, and on Ctrl-C.
 *
 * @param {string} start `import.meta.url` of the example's start.mjs
 * @param {(trial: Trial) => Promise<void>} story
 */
export async function tryOut(start, story) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (isInterrupted()) process.exit(130); // a second time: at once
      process.stderr.write("\nInterrupted: waiting for the command that runs now to come to an orderly end.\n");
      interrupt();
    });
  }
  const folder = mkdtempSync(join(tmpdir(), "certificates-example-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const trial = new Trial(fileURLToPath(new URL(".", start)), folder);
  try {
    await ensureDependencies();
    await ensureBuild();
    await trial.begin();
    await story(trial);
    say("\nThe servers are stopped, and the state is thrown away.");
  } catch (error) {
    if (!isInterrupted()) process.stderr.write(`\n${error.message}\n`);
    process.exitCode = isInterrupted() ? 130 : error instanceof ToolMissing ? toolMissingCode : 1;
  } finally {
    await trial.end();
  }
}

/** What a story is told with. */
class Trial {
  servers = [];

  constructor(example, folder) {
    this.example = example;
    this.folder = folder;
  }

  async begin() {
    this.stack = new TrialStack(await ensurePulumi(), this.example, this.folder);
    await this.stack.init();
  }

  async end() {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  /** A CA; see {@link startPebble}. */
  pebble = async (options) => this.keep(await startPebble(this.folder, options));

  /** A DNS server that knows every name; see {@link startDns}. */
  dns = async () => this.keep(await startDns());

  /** A BIND; see {@link startBind}. */
  bind = async (options) => this.keep(await startBind(this.folder, options));

  /** An Envoy, which the program starts; see {@link prepareEnvoy}. */
  envoy = async (bootstrap) => this.keep(await prepareEnvoy(this.folder, bootstrap));

  /** An OpenSSH server; see {@link startSshd}. */
  sshd = async (options) => this.keep(await startSshd(this.folder, options));

  /** An nginx, which the program starts; see {@link prepareNginx}. */
  nginx = async (files) => this.keep(await prepareNginx(this.folder, files));

  /** Hosts with an SSH server and an nginx; see {@link startEdgeHosts}. */
  edgeHosts = async (count, configuration) => this.keep(await startEdgeHosts(this.folder, count, configuration));

  /** A folder of certbot with its hook and its nginx; see {@link prepareCertbotHost}. */
  certbotHost = async (name, hook) => this.keep(await prepareCertbotHost(this.folder, name, hook));

  /** A PostgreSQL without TLS; see {@link startPostgresql}. */
  postgresql = async (settings) => this.keep(await startPostgresql(this.folder, settings));

  /** An HAProxy, which the program starts; see {@link prepareHaproxy}. */
  haproxy = async (configuration) => this.keep(await prepareHaproxy(this.folder, configuration));

  /** A cluster of Kubernetes; see {@link startCluster}. */
  cluster = async (options) => this.provided(await startCluster(options));

  /** AWS; see {@link startCloud}. */
  cloud = async () => this.provided(await startCloud());

  /** What stands in for the plugin of a provider, too. */
  provided(server) {
    this.stack.use(server.env);
    return this.keep(server);
  }

  keep(server) {
    this.servers.push(server);
    return server;
  }

  /** The stack's configuration, in place of the one before. */
  configure = (values) => this.stack.configure({ "certificates:allowTimeTravel": "true", ...values });

  /** Runs `pulumi up`, shows what it did, and returns it. `now` is the moment as of which it decides what is due. */
  up = (title, { args = [], ...options } = {}) => this.show(title, ["up", "--yes", "--skip-preview", ...args], options);

  preview = (title, { args = [], ...options } = {}) => this.show(title, ["preview", ...args], options);

  destroy = (title, options = {}) => this.show(title, ["destroy", "--yes", "--skip-preview"], options);

  async show(title, args, options) {
    const started = Date.now();
    say(`\n› ${title}`);
    say(`  $ ${options.now ? `PULUMI_CERTIFICATES_NOW=${options.now} ` : ""}pulumi ${args.join(" ")}`);
    const output = await this.stack.operate(args, options);
    for (const line of essence(output)) say(`     ${line}`);
    say(`     [${((Date.now() - started) / 1000).toFixed(1)} s]`);
    return output;
  }

  outputs = () => this.stack.outputs();

  freePort = async () => (await freePorts(1))[0];

  /** Text between the steps. */
  tell = (text) => tell(text);

  /** The story does not go on when something is not as it says. */
  ensure = (condition, claim) => {
    if (!condition) throw new Error(`The example says that ${claim}, and that is not so.`);
  };

  /** A day so many days from now, as PULUMI_CERTIFICATES_NOW takes it. */
  inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16).concat("Z");
}
