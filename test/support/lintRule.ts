import { execFileSync } from "node:child_process";
import { repository } from "./provide";

/** What one of the rules in tools/eslint says of files with these paths below a folder and these texts; they need not exist. */
export function lintRule(
  name: string,
  options: readonly unknown[],
  files: Readonly<Record<string, string>>,
  folder = "/package/sdk",
): Record<string, string[]> {
  const script = `
    import { Linter } from "eslint";
    import { ${name} as rule } from "./tools/eslint/${name}.mjs";
    const { parser } = (await import("typescript-eslint")).default;
    const [options, files, folder] = JSON.parse(process.argv[1]);
    const config = {
      files: ["**/*.ts"], languageOptions: { parser },
      plugins: { own: { rules: { rule } } },
      rules: { "own/rule": ["error", ...options] },
    };
    const linter = new Linter({ cwd: "/package" });
    const results = Object.entries(files).map(([path, text]) =>
      [path, linter.verify(text, config, folder + "/" + path).map((problem) => problem.message)]);
    console.log(JSON.stringify(Object.fromEntries(results)));`;
  const input = JSON.stringify([options, files, folder]);
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script, input], {
    cwd: repository,
    encoding: "utf8",
  });
  return JSON.parse(output) as Record<string, string[]>;
}
