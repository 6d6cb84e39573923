import { randomBytes } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { CertificatesError, messageOf } from "../errors";
import { type Run, configureClock, currentRun } from "./clock";
import { assertEngineAlive, watchEngine } from "./engine";
import { recall, remember } from "./memory";
import { noteActivity } from "./runActivity";
import { hasUnknown, isUnknown } from "./unknown";

export type Credentials = Readonly<Record<string, unknown>>;

/** What the provider of one resource type decides and does; `Inputs` are checked inputs, `Outs` the recorded outputs. */
export interface ResourceDefinition<Inputs extends object, Outs extends object> {
  /**
   * Validates, and computes the inputs that show why something is due. Sees credentials, must not return them. It may
   * look at this machine, never at the network.
   */
  check(context: CheckContext<Inputs>): Inputs | Promise<Inputs>;
  /** Whether there is anything to do. No I/O. */
  diff(context: DiffContext<Inputs, Outs>): boolean;
  create(context: CreateContext<Inputs>): Promise<Outs>;
  /** Always returns all outputs. */
  update(context: UpdateContext<Inputs, Outs>): Promise<Outs>;
  read?(context: ReadContext<Outs>): Promise<{ outs: Outs; inputs?: Partial<Inputs> } | "absent">;
  delete?(context: ReadContext<Outs>): Promise<void>;
  /** Brings outputs recorded by any earlier release to today's form. */
  migrate(outs: Record<string, unknown>): Outs;
}

export interface CheckContext<Inputs> {
  readonly news: Inputs;
  /** Undefined on the first check of a resource. */
  readonly olds: Inputs | undefined;
  /** Those that are known. */
  readonly credentials: Credentials;
  /** Whether all of them are: in a preview some may not exist yet. */
  readonly areCredentialsKnown: boolean;
  readonly run: Run;
}

export interface DiffContext<Inputs, Outs> {
  readonly id: string;
  readonly news: Inputs;
  readonly outs: Outs;
  /** Undefined where no check ran before in this process: then time is no reason for a difference. */
  readonly checked: { credentials: Credentials; run: Run } | undefined;
}

export interface CreateContext<Inputs> {
  /** Made before the first side effect; its random part tells this instance from any other of the same name. */
  readonly id: string;
  readonly news: Inputs;
  readonly credentials: Credentials;
  readonly run: Run;
}

export interface UpdateContext<Inputs, Outs> extends CreateContext<Inputs> {
  readonly outs: Outs;
}

export interface ReadContext<Outs> {
  readonly id: string;
  readonly outs: Outs;
}

/** Thrown by create or update when something outside was begun and must be resumed: what to record, besides the message. */
export class Unfinished<Outs extends object> extends Error {
  constructor(
    readonly error: unknown,
    readonly outs: Outs,
  ) {
    super(messageOf(error), { cause: error });
  }
}

type Properties = Record<string, unknown>;

/** Inputs that the program passes for this run only; `check` takes them out. */
const writeOnly = ["credentials", "dryRun"] as const;

/** Turns a definition into the provider that the engine talks to; the rules of the engine are kept here, once. */
export function defineProvider<Inputs extends { name: string }, Outs extends object>(
  definition: ResourceDefinition<Inputs, Outs>,
): dynamic.ResourceProvider {
  return {
    configure: (request) => {
      configureClock((key) => request.config.get(key));
      watchEngine();
      return Promise.resolve();
    },
    check: (olds: Properties, news: Properties) => check(definition, olds, news),
    diff: (id, olds: Properties, news: Properties) =>
      withoutStack(() => {
        noteActivity();
        const memory = recall(news);
        const outs = definition.migrate(olds);
        const changes = definition.diff({ id, news: news as Inputs, outs, checked: memory });
        if (memory !== undefined && !changes) memory.isWaiting = false;
        return { changes };
      }),
    create: async (news: Inputs) => {
      assertEngineAlive();
      const id = `${shortName(news.name)}-${randomBytes(4).toString("hex")}`;
      const outs = await recorded(id, news, () => definition.create({ id, news, ...begin(news) }));
      return { id, outs };
    },
    update: async (id, olds: Properties, news: Inputs) => {
      assertEngineAlive();
      const outs = definition.migrate(olds);
      return { outs: await recorded(id, news, () => definition.update({ id, news, outs, ...begin(news) })) };
    },
    read: (id, olds: Properties = {}) =>
      withoutStack(async () => {
        if (definition.read === undefined) return { id, props: olds };
        const found = await definition.read({ id, outs: definition.migrate(olds) });
        if (found === "absent") return {};
        return { id, props: found.outs, ...(found.inputs === undefined ? {} : { inputs: found.inputs }) };
      }),
    delete: (id, olds: Properties) =>
      withoutStack(async () => {
        assertEngineAlive();
        await definition.delete?.({ id, outs: definition.migrate(olds) });
      }),
  } as dynamic.ResourceProvider;
}

/** The SDK prints the stack of what diff, read and delete throw; that of an error with a message of its own says nothing more. */
async function withoutStack<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (CertificatesError.is(error)) error.stack = "";
    throw error;
  }
}

async function check<Inputs extends object, Outs extends object>(
  definition: ResourceDefinition<Inputs, Outs>,
  olds: Properties,
  news: Properties,
): Promise<dynamic.CheckResult> {
  noteActivity();
  const inputs = { ...news };
  for (const name of writeOnly) delete inputs[name];
  try {
    const { credentials, areCredentialsKnown } = knownCredentials(news.credentials);
    const run = currentRun(news.dryRun === true);
    const checked = await definition.check({
      news: inputs as Inputs,
      olds: Object.keys(olds).length === 0 ? undefined : (olds as Inputs),
      credentials,
      areCredentialsKnown,
      run,
    });
    remember(checked as Properties, { credentials, run });
    return { inputs: checked };
  } catch (error) {
    // The property stays empty: the engine would print its value, and the message already names what matters of it.
    if (CertificatesError.is(error)) return { inputs, failures: [{ property: "", reason: error.message }] };
    throw error;
  }
}

/** The name that the user gave, which may have slashes of its own, out of `project/stack/name`. */
function shortName(name: string): string {
  return name.split("/").slice(2).join("/");
}

/** What is not known yet is left out, so that it is neither used nor kept. */
function knownCredentials(given: unknown): { credentials: Credentials; areCredentialsKnown: boolean } {
  if (typeof given !== "object" || given === null) {
    return { credentials: {}, areCredentialsKnown: !isUnknown(given) };
  }
  const known = Object.entries(given).filter(([, value]) => !hasUnknown(value));
  return { credentials: Object.fromEntries(known), areCredentialsKnown: known.length === Object.keys(given).length };
}

function begin({ name, ...news }: { name: string }): { credentials: Credentials; run: Run } {
  const memory = recall({ name, ...news });
  if (memory === undefined) return { credentials: {}, run: currentRun(false) };
  memory.isWaiting = false;
  if (memory.isAmbiguous) {
    throw new CertificatesError(
      "CredentialsMissing",
      `Two resources named "${name}" have equal arguments and different credentials, and cannot be told apart.`,
      { hint: "Give them different names." },
    );
  }
  return memory;
}

/** Runs create or update; an unfinished one becomes the engine's partial state, which must hold the inputs too. */
async function recorded<Outs extends object>(id: string, news: object, work: () => Promise<Outs>): Promise<Outs> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    const properties = { ...news, ...(error.outs as object) };
    throw Object.assign(new Error(error.message), { id, properties, reasons: [error.message] });
  }
}
