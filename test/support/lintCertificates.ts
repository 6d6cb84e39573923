import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./provide";

export interface Linters {
  readonly zlint: string;
  readonly pkilint: string;
}

const toolMissing = 3;

/** Installs the linters if need be. Without Go or Python: a reason to skip, but a failure where CI=true. */
export function provideLinters(): Linters | { readonly missing: string } {
  const tool = spawnSync(process.execPath, [join(repository, "tools", "linters.mjs")], { encoding: "utf8" });
  if (tool.status === 0) return JSON.parse(tool.stdout) as Linters;
  if (tool.status === toolMissing && process.env["CI"] !== "true")
    return { missing: tool.stderr.trim().split("\n").at(-1) ?? "" };
  throw new Error(tool.stderr);
}

export interface Finding {
  /** The certificate's title. */
  readonly title: string;
  readonly lint: string;
  readonly severity: string;
  readonly message: string;
}

export interface LintReport {
  readonly findings: Finding[];
  /** How many lints looked at the certificates. */
  readonly zlintLints: number;
  readonly pkilintLints: number;
  /** How many of zlint's lints applied to at least one certificate. */
  readonly zlintApplied: number;
}

export interface TitledCertificate {
  readonly title: string;
  readonly pem: string;
}

const run = promisify(execFile);
const maxBuffer = 256 * 1024 * 1024;

/** Runs both linters over all certificates, one process for each linter. */
export async function lintCertificates(linters: Linters, certificates: TitledCertificate[]): Promise<LintReport> {
  const folder = mkdtempSync(join(tmpdir(), "lint-"));
  try {
    const files = certificates.map(({ pem }, at) => {
      const file = join(folder, `${at}.pem`);
      writeFileSync(file, pem);
      return file;
    });
    const zlint = await runZlint(linters, files, certificates);
    const pkilint = await runPkilint(linters, files, certificates);
    return { ...zlint, pkilintLints: pkilint.lints, findings: [...zlint.findings, ...pkilint.findings] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type ZlintResults = Record<string, { result: string; details?: string }>;
/** NA: does not apply. NE: not in force at the certificate's date. */
const notApplied = new Set(["NA", "NE"]);

async function runZlint(
  linters: Linters,
  files: string[],
  certificates: TitledCertificate[],
): Promise<Omit<LintReport, "pkilintLints">> {
  const { stdout } = await run(linters.zlint, files, { maxBuffer });
  const lines = jsonLines<ZlintResults>(stdout);
  if (lines.length !== files.length) throw new Error(`zlint looked at ${lines.length} of ${files.length} certificates`);
  const names = new Set(lines.flatMap((results) => Object.keys(results)));
  const applied = new Set<string>();
  const findings: Finding[] = [];
  for (const [at, results] of lines.entries())
    for (const [lint, { result, details = "" }] of Object.entries(results)) {
      if (notApplied.has(result)) continue;
      applied.add(lint);
      const title = certificates[at]?.title ?? "";
      if (result !== "pass") findings.push({ title, lint, severity: result, message: details });
    }
  return { findings, zlintLints: names.size, zlintApplied: applied.size };
}

interface PkilintResult {
  finding_descriptions: { severity: string; code: string; message?: string | null }[];
}

async function runPkilint(
  linters: Linters,
  files: string[],
  certificates: TitledCertificate[],
): Promise<{ findings: Finding[]; lints: number }> {
  const python = join(dirname(linters.pkilint), "python");
  const { stdout } = await run(python, [join(__dirname, "pkilintBatch.py"), ...files], { maxBuffer });
  const lines = jsonLines<{ results?: PkilintResult[]; validations?: number }>(stdout);
  const lints = lines.pop()?.validations ?? 0;
  if (lines.length !== files.length)
    throw new Error(`pkilint looked at ${lines.length} of ${files.length} certificates`);
  const findings = lines.flatMap(({ results = [] }, at) =>
    results
      .flatMap((result) => result.finding_descriptions)
      .map(({ severity, code, message }) => ({
        title: certificates[at]?.title ?? "",
        lint: code,
        severity,
        message: message ?? "",
      })),
  );
  return { findings, lints };
}

const jsonLines = <T>(text: string): T[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
