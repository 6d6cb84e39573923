import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../provide";

/** One fenced code block of a Markdown file. */
export interface CodeBlock {
  /** The word after the fence: `ts`, `sh`, `text`, …; empty if there is none. */
  readonly language: string;
  readonly text: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
  /** The nearest heading above it. */
  readonly heading: string;
}

/** The fenced code blocks of a Markdown file, in their order. */
export function codeBlocksOf(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let [heading, fence, language] = ["", "", ""];
  let [start, body]: [number, string[]] = [0, []];
  readFileSync(path, "utf8")
    .split("\n")
    .forEach((line, at) => {
      const mark = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
      if (fence === "" && mark) {
        [fence, language, start, body] = [mark[1] ?? "", (mark[2] ?? "").trim().split(/\s/)[0] ?? "", at + 2, []];
      } else if (fence !== "" && line.trim() === fence) {
        blocks.push({ language, text: `${body.join("\n")}\n`, line: start, heading });
        fence = "";
      } else if (fence !== "") body.push(line);
      else heading = /^#+ +(.*)$/.exec(line)?.[1] ?? heading;
    });
  if (fence !== "") throw new Error(`${path}:${start - 1}: the code block has no end`);
  return blocks;
}

/** The Markdown files of the repository, relative to its root. */
export function documentationPages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
      .map((path) => join(folder, path));
  return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...below("docs"), ...below("examples")];
}
