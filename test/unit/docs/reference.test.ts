import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../support/provide";

const reference = (...args: string[]) =>
  spawnSync(process.execPath, [join(repository, "tools", "reference.mjs"), ...args], { encoding: "utf8" });

test("docs/reference is what the doc comments say, and none is missing", () => {
  const { status, stderr } = reference("--check");
  expect(stderr).toBe("");
  expect(status).toBe(0);
}, 120_000);

describe("an API whose doc comments leave something out", () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "reference-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const problemsOf = (source: string): string[] => {
    const entry = join(folder, "index.ts");
    writeFileSync(entry, source);
    const { status, stderr } = reference("--check", "--entry", entry);
    expect(status).toBe(1);
    return stderr.trim().split("\n");
  };

  test("is reported, member by member", () => {
    const problems = problemsOf(`
      class CustomResource {}
      export interface ThingArgs {
        /** How long. */
        undecided: string;
        /** How many. Changing it **re-issues**. */
        count?: number;
        silent: Nested;
      }
      /** A part. */
      export interface Nested { deep: string }
      export class Thing extends CustomResource {
        declare readonly output: string;
        /** @internal */
        hidden = 1;
        #private = 1;
        constructor(name: string, args: ThingArgs) { super(); }
      }
      /** The codes. */
      export type ErrorCode = /** Known. */ "Known" | "Unknown";`);
    expect(problems).toEqual([
      "Nested.deep has no doc comment.",
      "ThingArgs.count is optional and has no @default.",
      "ThingArgs.silent has no doc comment.",
      'ThingArgs.undecided does not say what a change does: a sentence that begins with "Changing".',
      "index.ts: ErrorCode.Unknown has no doc comment.",
      "index.ts: Thing has no @example.",
      "index.ts: Thing has no doc comment.",
      "index.ts: Thing.output has no doc comment.",
    ]);
  });

  test("is reported of components, too, whose arguments may come from a class between", () => {
    const problems = problemsOf(`
      import * as aws from "@pulumi/aws";
      class ComponentResource { constructor(type: string, name: string) {} }
      const token = "pulumi-certificates:aws:Told";
      abstract class Bound extends ComponentResource {
        readonly listener: aws.lb.Listener;
      }
      export interface ToldArgs {
        /** The last word on the listener: needs no more. */
        transform?: { listener?: Partial<aws.lb.ListenerArgs> };
        /** The port. Adding one **replaces**. */
        port?: number;
      }
      /**
       * Its token is a text.
       *
       * @example new Told("told", {});
       */
      export class Told extends Bound {
        constructor(name: string, args: ToldArgs) { super(token, name); }
      }
      /** A function. */
      export function told(name: string): string { return name; }
      /**
       * Its token is made.
       *
       * @example new Made("made", {});
       */
      export class Made extends ComponentResource {
        constructor(name: string, args: ToldArgs) { super("pulumi:" + name, name); }
      }`);
    expect(problems).toEqual([
      "ToldArgs.port is optional and has no @default.",
      "index.ts: Made passes no text as its type token to super.",
      "index.ts: Told.listener has no doc comment.",
    ]);
  });
});
