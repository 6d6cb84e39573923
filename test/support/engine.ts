import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { type CommandResult, type RunningCommand, startCommand } from "./command";
import { preloaded } from "./preloaded";
import { provide, repository } from "./provide";

export { changedLines, diagnosticsOf, eventLines, resourceCounts } from "./events";
export type { CommandResult, RunningCommand } from "./command";

/** A program is the text of a CommonJS module: `const certs = require("pulumi-certificates")`. */
export interface StackOptions {
  readonly program: string;
  /** Project name; the stack is always `test`. @default a new name */
  readonly name?: string;
  /** Stack configuration, in plain text. Secrets: `stack.run(["config", "set", "--secret", …])`. */
  readonly config?: Record<string, string>;
  /** Further packages to link into the program's node_modules: name → folder. */
  readonly links?: Record<string, string>;
  /** False: node_modules stays empty, for a test that installs the packages itself. @default true */
  readonly linked?: boolean;
  /** The node binary to use. @default the one on PATH */
  readonly node?: string;
}

export interface RunOptions {
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  /** The command must fail; by default it must succeed. */
  readonly fails?: boolean;
}

/** A stack's state as `pulumi stack export` prints it. */
export interface ExportedState {
  version: number;
  deployment: {
    resources: {
      urn: string;
      type: string;
      id?: string;
      inputs?: Record<string, any>;
      outputs?: Record<string, any>;
    }[];
    pending_operations?: unknown[];
    [key: string]: unknown;
  };
}

interface Pulumi {
  readonly command: string;
  readonly env: Record<string, string>;
}

const stackName = "test";
const timeoutMs = 300_000;
let pulumi: Pulumi | undefined;
let folder: string | undefined;
const stacks: Stack[] = [];

/** The folder of this test file, outside the repository: a file backend, a Pulumi home, a folder for each program. */
function testFolder(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), "certificates-e2e-"));
    for (const name of ["backend", "home"]) mkdirSync(join(folder, name));
  }
  return folder;
}

/** Creates a project with one stack on the file backend of this test file. It is removed after the file's tests. */
export async function createStack(options: StackOptions): Promise<Stack> {
  pulumi ??= provide<Pulumi>("pulumi");
  const name = options.name ?? `program-${stacks.length + 1}`;
  const stack = new Stack(name, testFolder(), pulumi, options);
  stacks.push(stack);
  await stack.run(["stack", "init", "--no-select", "--stack", stackName], { expectSuccess: true });
  for (const [key, value] of Object.entries(options.config ?? {})) stack.config(key, value);
  return stack;
}

afterAll(async () => {
  for (const stack of stacks) await stack.dispose();
  if (folder !== undefined && !process.env.KEEP_STACKS) rmSync(folder, { recursive: true, force: true });
});

/** A Pulumi project with one stack, driven by the real CLI. */
export class Stack {
  /** Everything that ran and what it printed, except what was asked to show secrets. */
  readonly transcript: CommandResult[] = [];
  private now: string | undefined;
  private readonly running = new Set<RunningCommand>();

  /** The folder of the program; Pulumi.yaml is here. */
  readonly folder: string;
  /** The folder of the file backend, shared by the stacks of a test file. */
  readonly backend: string;
  /** PULUMI_HOME, shared likewise: the CLI writes its own logs here, encrypted. */
  readonly home: string;
  /** Where the providers keep what outlives a run that is killed. */
  readonly stateFolder: string;

  constructor(
    /** The project's name. */
    readonly name: string,
    testFolder: string,
    private readonly pulumi: Pulumi,
    private readonly options: StackOptions,
  ) {
    this.folder = join(testFolder, name);
    this.backend = join(testFolder, "backend");
    this.home = join(testFolder, "home");
    this.stateFolder = join(testFolder, "state", name);
    mkdirSync(this.folder);
    writeFileSync(
      join(this.folder, "Pulumi.yaml"),
      stringify({ name, main: "index.js", runtime: { name: "nodejs", options: { typescript: false } } }),
    );
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ name, private: true }));
    const links = {
      "pulumi-certificates": repository,
      "@pulumi/pulumi": join(repository, "node_modules", "@pulumi", "pulumi"),
      ...options.links,
    };
    for (const [name, target] of Object.entries(options.linked === false ? {} : links)) {
      const link = join(this.folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(target, link);
    }
    this.write(options.program);
  }

  /** Replaces the program. */
  write(program: string): void {
    writeFileSync(join(this.folder, "index.js"), program);
  }

  /** The program as it is. */
  read(): string {
    return readFileSync(join(this.folder, "index.js"), "utf8");
  }

  /** Sets a plain configuration value, or removes it. */
  config(key: string, value: string | undefined): void {
    const path = join(this.folder, `Pulumi.${stackName}.yaml`);
    const file = parse(readFileSync(path, "utf8")) as { config?: Record<string, unknown> };
    const name = key.includes(":") ? key : `${this.name}:${key}`;
    const { [name]: _previous, ...others } = file.config ?? {};
    writeFileSync(path, stringify({ ...file, config: value === undefined ? others : { ...others, [name]: value } }));
  }

  /** From now on the commands run at this time (PULUMI_CERTIFICATES_NOW); without an argument at the real one. */
  clock(iso?: string): void {
    this.now = iso;
  }

  preview(options: RunOptions = {}): Promise<CommandResult> {
    return this.operation(["preview"], options);
  }

  /** `pulumi up`, without the preview that it makes first by default. */
  up(options: RunOptions = {}): Promise<CommandResult> {
    return this.operation(["up", "--yes", "--skip-preview"], options);
  }

  refresh(options: RunOptions = {}): Promise<CommandResult> {
    return this.operation(["refresh", "--yes", "--skip-preview"], options);
  }

  destroy(options: RunOptions = {}): Promise<CommandResult> {
    return this.operation(["destroy", "--yes", "--skip-preview"], options);
  }

  /** Runs any command of the CLI on this stack; a failure does not throw unless `expectSuccess`. */
  async run(
    args: readonly string[],
    {
      env,
      expectSuccess = false,
      record = true,
    }: { env?: Record<string, string>; expectSuccess?: boolean; record?: boolean } = {},
  ): Promise<CommandResult> {
    const result = await this.launch(args, env).done;
    if (record) this.transcript.push(result);
    if (expectSuccess && result.code !== 0) throw new Error(`${commandLine(result)} failed:\n${result.all}`);
    return result;
  }

  /** Starts a command and returns at once. What it prints is in the transcript when it has ended. */
  start(args: readonly string[], env?: Record<string, string>): RunningCommand {
    const running = this.launch(args, env);
    void running.done.then(
      (result) => this.transcript.push(result),
      () => {}, // a failure reaches whoever awaits `done`
    );
    return running;
  }

  /** The stack's outputs, secrets in clear. */
  async outputs(): Promise<Record<string, any>> {
    return this.json(["stack", "output", "--json", "--show-secrets"]);
  }

  /** The state with its secrets decrypted: for `importState`, or to look into. */
  async exportState(): Promise<ExportedState> {
    return this.json(["stack", "export", "--show-secrets"]);
  }

  /** Replaces the state. */
  async importState(state: ExportedState): Promise<CommandResult> {
    const file = join(this.folder, "import.json");
    writeFileSync(file, JSON.stringify(state));
    try {
      return await this.run(["stack", "import", "--file", file], { expectSuccess: true });
    } finally {
      rmSync(file);
    }
  }

  /** The text of the state file, secrets encrypted: what anyone with access to the backend can read. */
  stateFile(): string {
    return readFileSync(join(this.backend, ".pulumi", "stacks", this.name, `${stackName}.json`), "utf8");
  }

  /** The outputs of one resource in the state, secrets in clear. */
  async resource(name: string): Promise<Record<string, any>> {
    const state = await this.exportState();
    const found = state.deployment.resources.filter((resource) => resource.urn.endsWith(`::${name}`));
    if (found.length !== 1) throw new Error(`${found.length} resources are named ${name} in the state of ${this.name}`);
    return unwrapSecrets(found[0]?.outputs ?? {}) as Record<string, any>;
  }

  /** Everything that was printed, for a search. */
  printed(): string {
    return this.transcript.map((result) => result.all).join("\n");
  }

  /** Ends what still runs, or was left behind by a command that was killed. The folders go after all tests of a file. */
  async dispose(): Promise<void> {
    for (const command of this.running) command.killGroup();
    await Promise.allSettled([...this.running].map((command) => command.done));
  }

  private async operation(command: readonly string[], options: RunOptions): Promise<CommandResult> {
    const result = await this.run([...command, ...(options.args ?? [])], options.env ? { env: options.env } : {});
    if ((result.code !== 0) !== (options.fails ?? false))
      throw new Error(`${commandLine(result)} ${options.fails ? "did not fail" : "failed"}:\n${result.all}`);
    return result;
  }

  private async json<T>(args: readonly string[]): Promise<T> {
    const { stdout } = await this.run(args, { expectSuccess: true, record: false });
    return JSON.parse(stdout) as T;
  }

  private launch(args: readonly string[], env: Record<string, string> = {}): RunningCommand {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|NODE_OPTIONS$|JEST_)/.test(name));
    const path = this.pulumi.env["PATH"] ?? process.env["PATH"];
    const node = this.options.node === undefined ? [] : [dirname(this.options.node)];
    const command = startCommand(
      this.pulumi.command,
      [...args, ...(args.includes("--stack") ? [] : ["--stack", stackName]), "--non-interactive", "--color", "never"],
      {
        cwd: this.folder,
        timeoutMs,
        env: {
          ...Object.fromEntries(inherited),
          PATH: [...node, path].join(delimiter),
          PULUMI_HOME: this.home,
          PULUMI_BACKEND_URL: `file://${this.backend}`,
          PULUMI_CONFIG_PASSPHRASE: "test passphrase",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_CERTIFICATES_STATE_DIR: this.stateFolder,
          ...(this.now === undefined ? {} : { PULUMI_CERTIFICATES_NOW: this.now }),
          ...env,
          NODE_OPTIONS: [preloaded, env.NODE_OPTIONS].filter(Boolean).join(" "),
        },
      },
    );
    this.running.add(command);
    void command.done.then(
      (result) => result.code !== null && this.running.delete(command),
      () => {}, // a failure reaches whoever awaits `done`
    );
    return command;
  }
}

/** Replaces the envelopes of secrets in an exported state by their values. */
function unwrapSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value && "plaintext" in value) return JSON.parse(value.plaintext as string);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapSecrets(inner)]));
}

const commandLine = (result: CommandResult) => `pulumi ${result.args.join(" ")} (exit code ${result.code})`;
