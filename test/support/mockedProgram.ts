import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** A resource that a program registered under mocks. */
export interface RegisteredResource {
  readonly type: string;
  readonly name: string;
  /** Secrets and outputs resolved. */
  readonly inputs: Record<string, any>;
  /** The names of the inputs that are secret. */
  readonly secrets: string[];
  readonly options: { readonly provider: string; readonly ignoreChanges: string[]; readonly retainOnDelete: boolean };
  /** The names of the resources on which it depends. */
  readonly dependsOn: string[];
  /** The names under which the engine looks for it in the state too. */
  readonly aliases: string[];
  readonly replacementTrigger: string | undefined;
}

/** What a service adds to what it is given. */
export interface MockedService {
  /** Outputs of a resource beside its inputs. */
  outputs?(type: string, name: string, inputs: Record<string, any>): Record<string, unknown>;
  /** The result of a function. */
  call?(token: string, inputs: Record<string, any>): Record<string, any>;
}

/** A request as the SDK sends it to the engine; mocks are not told its options. */
interface Request {
  getName(): string;
  getType(): string;
  getProvider(): string;
  getIgnorechangesList(): string[];
  getRetainondelete(): boolean;
  getDependenciesList(): string[];
  getAliasesList(): { getSpec(): { getName(): string } | undefined }[];
  getReplacementTrigger(): { getStringValue(): string } | undefined;
}

type Requested = Omit<RegisteredResource, "type" | "name" | "inputs" | "secrets">;

const nothing: Requested = {
  options: { provider: "", ignoreChanges: [], retainOnDelete: false },
  dependsOn: [],
  aliases: [],
  replacementTrigger: undefined,
};
const parts = pulumi.runtime as unknown as { waitForRPCs(): Promise<void> };
const secretMark = "4dabf18193072939515e22adb298388d";

/**
 * Runs a program against the SDK's mocks: resources get their inputs back as outputs, components their registration.
 * Rejects with what the program, or an input of one of its resources, throws.
 */
export async function mockedProgram(
  program: () => unknown,
  preview = false,
  service: MockedService = {},
): Promise<RegisteredResource[]> {
  const registered: RegisteredResource[] = [];
  const requests = new Map<string, Requested>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, type, inputs }) => {
        const given = inputs as Record<string, unknown>;
        const secrets = Object.keys(given).filter((key) => isSecret(given[key]));
        const requested = requests.get(`${type} ${name}`) ?? nothing;
        registered.push({ type, name, inputs: revealed(given) as Record<string, any>, secrets, ...requested });
        return {
          id: `${name}-id`,
          state: { ...given, ...service.outputs?.(type, name, revealed(given) as Record<string, any>) },
        };
      },
      call: ({ token, inputs }) => service.call?.(token, inputs as Record<string, any>) ?? {},
    },
    "project",
    "stack",
    preview,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: Request, ...rest: any[]): unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, ...rest) => {
    requests.set(`${request.getType()} ${request.getName()}`, {
      options: {
        provider: request.getProvider(),
        ignoreChanges: request.getIgnorechangesList(),
        retainOnDelete: request.getRetainondelete(),
      },
      dependsOn: request
        .getDependenciesList()
        .map((urn) => urn.split("::").at(-1) ?? urn)
        .sort(),
      aliases: request.getAliasesList().flatMap((alias) => alias.getSpec()?.getName() ?? []),
      replacementTrigger: request.getReplacementTrigger()?.getStringValue(),
    });
    return register(request, ...rest);
  };
  const rejections = await unhandledRejections(async () => {
    try {
      program();
    } finally {
      // What it rejects with is among the rejections that nobody handles.
      await parts.waitForRPCs().catch(() => undefined);
    }
  });
  // The SDK passes a refusal on through the properties that it reaches.
  const [refused] = rejections;
  if (refused instanceof Error)
    throw new Error(refused.message.replace(/^(error serializing property "[^"]*": )+/, ""));
  if (refused !== undefined) throw refused;
  return registered;
}

/**
 * What ends a Pulumi program: an output that rejects while nobody waits for it. Jest's own listeners, which would fail
 * the test, stand back for that time; they are those of the process outside of its sandbox.
 */
async function unhandledRejections(work: () => Promise<void>): Promise<unknown[]> {
  const outside = (readFileSync.constructor as FunctionConstructor)("return process")() as NodeJS.Process;
  const listeners = outside.listeners("unhandledRejection");
  const found: unknown[] = [];
  const keep = (reason: unknown) => void found.push(reason);
  outside.removeAllListeners("unhandledRejection").on("unhandledRejection", keep);
  try {
    await work();
  } finally {
    // Node reports a rejection after its turn, and what is left of a program that failed must not reach the next one.
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    outside.off("unhandledRejection", keep);
    for (const listener of listeners) outside.on("unhandledRejection", listener);
  }
  return found;
}

const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && secretMark in value && "value" in value;

function revealed(value: unknown): unknown {
  if (isSecret(value)) return revealed((value as { value: unknown }).value);
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}
