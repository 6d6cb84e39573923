import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../support/provide";

const main = `
  class CustomResource {}
  /** What is issued. */
  export interface ThingArgs {
    /** Its name. Changing it **re-issues**. */
    commonName: string;
  }
  /**
   * A thing.
   *
   * @example const thing = new Thing("thing", { commonName: "thing" });
   */
  export class Thing extends CustomResource {
    /** It. */
    declare readonly pem: string;
    constructor(name: string, args: ThingArgs) { super(); }
  }`;
const component = `
  import * as aws from "@pulumi/aws";
  import type { Thing } from "../sdk";
  class ComponentResource { constructor(type: string, name: string) {} }
  /** Where it goes. */
  export interface Place { /** The shelf. */ shelf: string }
  export interface ShelfArgs {
    /** What goes there. Changing it **updates in place**. */
    thing: Thing;
    /** Where. Changing it **replaces** the shelf. */
    place: Place;
    /** The last word. Changing it **updates in place**. @default nothing is changed */
    transform?: { listener?: aws.lb.ListenerArgs };
  }
  /**
   * A shelf.
   *
   * @example
   * const thing = new Thing("thing", { commonName: "thing" });
   * const listener = aws.lb.Listener.get("listener", "arn");
   * new Shelf("shelf", { thing, place: { shelf: "kubernetes." } });
   */
  export class Shelf extends ComponentResource {
    /** The listener. */
    readonly listener: aws.lb.Listener;
    constructor(name: string, args: ShelfArgs) { super("pulumi-certificates:aws:Shelf", name); }
  }`;

let pages: Map<string, string>;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "reference-"));
  const entries = Object.entries({ "main.ts": main, "aws.ts": component }).map(([name, text]) => {
    writeFileSync(join(folder, name), text.replace("../sdk", "./main"));
    return join(folder, name);
  });
  const script = `
    import { readApis } from "./tools/reference/readApi.mjs";
    import { renderPages } from "./tools/reference/renderPages.mjs";
    const [folder, entries] = JSON.parse(process.argv[1]);
    const [main, aws] = readApis(folder, entries);
    console.log(JSON.stringify([...renderPages([{ subpath: "", ...main }, { subpath: "aws", ...aws }])]));`;
  const args = ["--input-type=module", "-e", script, JSON.stringify([folder, entries])];
  const printed = execFileSync(process.execPath, args, { cwd: repository, encoding: "utf8" });
  pages = new Map(JSON.parse(printed) as [string, string][]);
  rmSync(folder, { recursive: true });
});

test("a subpath has its own folder, and does not repeat what the package documents", () => {
  expect([...pages.keys()].sort()).toEqual(["README.md", "aws/shelf.md", "aws/types.md", "thing.md"]);
  expect(pages.get("aws/types.md")).toContain("## Place");
  expect(pages.get("aws/types.md")).not.toContain("Thing");
  expect(pages.get("README.md")).toContain("| [Shelf](aws/shelf.md) | A shelf. | `pulumi-certificates:aws:Shelf` |");
});

test("a component's page links to both, and only names the types of its provider", () => {
  const page = pages.get("aws/shelf.md");
  expect(page).toContain("| `thing` | [`Thing`](../thing.md) | What goes there. | Changing it **updates in place**. |");
  expect(page).toContain("| `place` | [`Place`](types.md#place) | Where. | Changing it **replaces** the shelf. |");
  expect(page).toContain("| `transform` | `{ listener?: aws.lb.ListenerArgs }` | The last word. |");
  expect(page).toContain("## Properties\n\n| Property | Type | What it is |");
  expect(page).toContain("| `listener` | `aws.lb.Listener` | The listener. |");
});

test("an example imports each name from where it is", () => {
  expect(pages.get("aws/shelf.md")).toContain(
    [
      "```typescript",
      'import * as aws from "@pulumi/aws";',
      'import { Thing } from "pulumi-certificates";',
      'import { Shelf } from "pulumi-certificates/aws";',
      "",
      "const thing",
    ].join("\n"),
  );
});
