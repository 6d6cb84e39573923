import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { mayKeepOnFailure, reasons } from "../../../sdk/lifecycle/reasons";
import { repository } from "../../support/provide";

const docs = join(repository, "docs");
const read = (...path: string[]): string => readFileSync(join(repository, ...path), "utf8");
const packageJson = JSON.parse(read("package.json")) as Record<string, Record<string, string> | undefined>;

/** The cells of every table row of a page, without code marks. */
function tableRows(markdown: string): string[][] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|") && !/^\|[\s|:-]+$/.test(line));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

/** GitHub's anchors of a page's headings. */
function anchors(markdown: string): string[] {
  const text = markdown.replace(/^(`{3,}|~{3,}).*?^\1/gms, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

const pages = [
  ...readdirSync(docs, { recursive: true, encoding: "utf8" }).map((path) => join("docs", path)),
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
].filter((path) => path.endsWith(".md") && existsSync(join(repository, path)));

test.each(pages)("the links of %s lead somewhere", (page) => {
  const text = read(page).replace(/^(`{3,}|~{3,}).*?^\1/gms, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? join(repository, page) : resolve(repository, dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchors(readFileSync(target, "utf8")).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("the index lists every page", () => {
  const listed = (index: string): string[] =>
    [...readFileSync(index, "utf8").matchAll(/\]\(([^)#]+\.md)\)/g)].map(([, link = ""]) =>
      resolve(dirname(index), link),
    );
  for (const folder of [docs, join(docs, "adr"), join(docs, "reference")]) {
    const recursive = folder !== docs; // each of the folders below has an index of its own
    const all = readdirSync(folder, { recursive, encoding: "utf8" });
    const there = all.filter((name) => name.endsWith(".md") && name !== "README.md");
    expect(listed(join(folder, "README.md"))).toEqual(expect.arrayContaining(there.map((name) => join(folder, name))));
  }
});

test("the reasons in concepts.md are those of the code, in its order", () => {
  const rows = tableRows(read("docs", "concepts.md")).filter(([code = ""]) => /^[A-Z][a-z]+[A-Z]?\w*$/.test(code));
  const described = rows.filter((row) => row.length === 4 && row[0] !== "Code");
  expect(described.map(([code, words, , kept]) => [code, words, kept])).toEqual(
    Object.entries(reasons).map(([code, words]) => [code, words, mayKeepOnFailure(code) ? "yes" : "no"]),
  );
});

test("troubleshooting.md has a section for every error code", () => {
  const codes = [...read("sdk", "errors.ts").matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(10);
  const sections = [...read("docs", "troubleshooting.md").matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading);
  expect(sections).toEqual(codes);
});

test("dependencies.md lists what package.json has, and nothing else", () => {
  const { dependencies, peerDependencies, devDependencies } = packageJson;
  const installed = Object.keys({ ...dependencies, ...peerDependencies });
  const [atRunTime = "", forDevelopment = ""] = read("docs", "dependencies.md").split("## For development");
  const names = (text: string): string[] =>
    tableRows(text)
      .map(([name = ""]) => name)
      .filter((name) => name !== "Package");
  expect(names(atRunTime).sort()).toEqual(installed.sort());
  const development = Object.keys(devDependencies ?? {}).filter((name) => !installed.includes(name));
  expect(names(forDevelopment).sort()).toEqual(development.sort());
});
