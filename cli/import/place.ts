import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { invalidArgument } from "../../sdk/errors";
import type { Candidate } from "./consider";
import type { Placed } from "./program";
import { resourceNames } from "./resourceNames";

/** A file to write; with a mode of its own if not everyone may read it. */
interface NewFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}

/** The certificates with the files that the program will name, and the files among them that are not there yet. */
export function place(
  candidates: readonly Candidate[],
  { out, keyFolder }: { out: string; keyFolder?: string },
): { placed: Placed[]; files: NewFile[] } {
  const names = resourceNames(candidates.map(({ facts }) => facts));
  const project = projectFolder(dirname(out));
  const certificateFolder = out.replace(/\.[^./]*$/, "");
  const files: NewFile[] = [];
  const placed = candidates.map((candidate, at): Placed => {
    const name = names[at] as string;
    let { certificatePath, privateKeyPath } = candidate;
    if (certificatePath === undefined) {
      const path = join(certificateFolder, `${name}.pem`);
      files.push({ path, content: [candidate.facts.pem, ...candidate.chain].join("") });
      certificatePath = relative(project, path);
    }
    if (privateKeyPath === undefined && candidate.privateKeyPem !== undefined && keyFolder !== undefined) {
      privateKeyPath = join(resolve(keyFolder), `${name}.key`);
      files.push({ path: privateKeyPath, content: candidate.privateKeyPem, mode: 0o600 });
    }
    return { name, candidate, certificatePath, ...(privateKeyPath === undefined ? {} : { privateKeyPath }) };
  });
  if (files.some(({ mode }) => mode !== undefined)) {
    files.push({ path: join(resolve(keyFolder as string), ".gitignore"), content: "*\n" });
  }
  return { placed, files };
}

/** Writes the files; not one of them if one of them is there already. */
export function writeNew(files: readonly NewFile[]): void {
  const taken = files.find(({ path }) => existsSync(path) && !path.endsWith(".gitignore"));
  if (taken !== undefined) {
    throw invalidArgument("out", `${taken.path} is there already.`, "Give another --out, or move the file away.");
  }
  for (const { path, content, mode } of files) {
    if (path.endsWith(".gitignore") && existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true, ...(mode === undefined ? {} : { mode: 0o700 }) });
    // "wx": a file that another program made meanwhile is not overwritten either.
    writeFileSync(path, content, { flag: "wx", ...(mode === undefined ? {} : { mode }) });
  }
}

/** The folder of Pulumi.yaml: programs read relative paths from there. */
function projectFolder(start: string): string {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (folder === dirname(folder)) return resolve(start);
  }
}
