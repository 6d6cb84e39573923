import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { codeBlocksOf, documentationPages, type CodeBlock } from "../../support/docs/codeBlocks";
import { typeErrors } from "../../support/docs/typeCheck";
import { repository } from "../../support/provide";

interface Block extends CodeBlock {
  /** `docs/rotation.md:12` */
  readonly name: string;
  readonly folder: string;
}

const blocks: Block[] = documentationPages().flatMap((page) =>
  codeBlocksOf(join(repository, page)).map((block) => ({
    ...block,
    name: `${page}:${block.line}`,
    folder: join(repository, dirname(page)),
  })),
);
const written = (...languages: string[]): Block[] => blocks.filter(({ language }) => languages.includes(language));

test("every code block says what it is; text and console are output, mermaid a picture", () => {
  const known = ["ts", "typescript", "sh", "yaml", "json", "text", "console", "mermaid"];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ name }) => name)).toEqual([]);
  expect(written("ts", "typescript").length).toBeGreaterThan(5);
  expect(written("sh").length).toBeGreaterThan(10);
});

test("the TypeScript in the documentation compiles", () => {
  const programs = Object.fromEntries(written("ts", "typescript").map(({ name, text }) => [asFile(name), text]));
  const errors = Object.entries(typeErrors(programs)).filter(([, found]) => found.length > 0);
  expect(Object.fromEntries(errors)).toEqual({});
  const wrong = typeErrors({ wrong: `new Certificate("web", { issuer: root, dnsNames: 7 });` });
  expect(wrong.wrong?.join()).toContain("not assignable");
}, 240_000);

const asFile = (name: string): string => name.replaceAll(/[^\w.-]/g, "_");

test.each(written("sh"))("the commands of $name are shell, with scripts and files that exist", ({ text, folder }) => {
  execFileSync("sh", ["-n"], { input: text });
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { scripts: object };
  for (const [, script = ""] of text.matchAll(/\bnpm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
  for (const [, path = ""] of text.matchAll(/(?:^|\s)(?:cd|node) ([\w./-]+)/gm)) {
    if (!path.startsWith("-")) expect([path, exists(folder, path)]).toEqual([path, true]);
  }
  for (const [, path = ""] of text.matchAll(/(?:^|\|\s*)(\.\/[\w./-]+)/gm)) {
    expect([path, exists(folder, path)]).toEqual([path, true]);
  }
});

/** Commands stand where their page stands, or at the root of the repository. */
const exists = (folder: string, path: string): boolean => [folder, repository].some((at) => existsSync(join(at, path)));

test.each(written("yaml", "json"))("$name can be read", ({ text }) => {
  expect(typeof parse(text)).toBe("object");
});

test("the workflow that is to be copied can be read", () => {
  const workflow = join(repository, "examples", "ci-pipeline", ".github", "workflows", "certificates.yml");
  expect(Object.keys(parse(readFileSync(workflow, "utf8")) as object)).toEqual(
    expect.arrayContaining(["on", "concurrency", "jobs"]),
  );
});
