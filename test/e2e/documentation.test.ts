import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type CommandResult, startCommand } from "../support/command";
import { codeBlocksOf, documentationPages } from "../support/docs/codeBlocks";
import { provide, repository } from "../support/provide";

/** Inside of the repository, where a program finds its packages as in a project that has installed them. */
mkdirSync(join(repository, ".cache"), { recursive: true });
const folder = mkdtempSync(join(repository, ".cache", "readme-"));
mkdirSync(join(folder, "backend"));
const pulumi = provide<{ env: Record<string, string>; command: string }>("pulumi");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function shell(text: string): Promise<CommandResult> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|NODE_OPTIONS$|JEST_)/.test(name));
  const result = await startCommand("sh", ["-e", "-c", text], {
    cwd: folder,
    timeoutMs: 300_000,
    env: {
      ...Object.fromEntries(inherited),
      ...pulumi.env,
      PATH: [join(pulumi.command, ".."), process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: `file://${folder}/backend`,
      PULUMI_CONFIG_PASSPHRASE: "test passphrase",
      PULUMI_STACK: "dev",
      PULUMI_SKIP_CONFIRMATIONS: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  }).done;
  if (result.code !== 0) throw new Error(`exit code ${result.code} of\n${text}\n${result.all}`);
  return result;
}

/** Lines with dates made equal, without progress and empty lines; the engine's order of them differs from run to run. */
const essence = (output: string): string[] =>
  output
    .replaceAll(/\d{4}-\d\d-\d\d/g, "DATE")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^(@|Previewing)|running warning|; web is due/.test(line))
    .map((line) => line.trimEnd())
    .sort();

test("the first program of the README does what is written there, down to the output of the preview", async () => {
  const all = codeBlocksOf(join(repository, "README.md")).filter(({ heading }) => heading === "A first program");
  const [program, command, output] = all;
  expect([program?.language, command?.language, output?.language]).toEqual(["ts", "sh", "text"]);
  writeFileSync(join(folder, "index.ts"), program?.text ?? "");
  writeFileSync(join(folder, "Pulumi.yaml"), "name: pki\nruntime: nodejs\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "pki", main: "index.ts" }));
  const compilerOptions = { module: "nodenext", target: "es2022", noCheck: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  await shell("pulumi stack init dev && pulumi up && pulumi preview --expect-no-changes");

  const day = new Date(Date.now() + 65 * 86_400_000).toISOString().slice(0, 10);
  const text = command?.text.replace(/\d{4}-\d\d-\d\d/, day) ?? "";
  expect(text).toContain(day);
  expect(essence((await shell(text)).stdout)).toEqual(essence(output?.text ?? ""));
  await shell("pulumi destroy");
});

/** `pulumi stack output csrPem --stack dev`: the words before the first that is no command, and the flags. */
function pulumiCommands(text: string): { words: string[]; flags: string[] }[] {
  const joined = text.replaceAll(/\\\n\s*/g, " ").replaceAll(/\s#.*$/gm, "");
  return [...joined.matchAll(/\bpulumi ((?:[a-z-]+ ?)+)([^|\n&)]*)/g)].map(([, words = "", rest = ""]) => ({
    words: words.split(" ").filter((word) => /^[a-z]/.test(word)),
    flags: [...`${words} ${rest}`.matchAll(/(?<= )--[a-z-]+/g)].map(([flag]) => flag),
  }));
}

test("every Pulumi command in the documentation exists, with its flags", async () => {
  const used = documentationPages().flatMap((page) =>
    codeBlocksOf(join(repository, page))
      .filter(({ language }) => language === "sh")
      .flatMap(({ text, line }) => pulumiCommands(text).map((command) => ({ ...command, where: `${page}:${line}` }))),
  );
  expect(used.length).toBeGreaterThan(40);
  const helps = new Map<string, string>();
  const helpOf = async (words: string[]): Promise<string> => {
    const key = words.join(" ");
    const help = helps.get(key) ?? (await shell(`PULUMI_EXPERIMENTAL=true pulumi ${key} --help`)).stdout;
    helps.set(key, help);
    return help;
  };
  for (const { words, flags, where } of used) {
    const command: string[] = [];
    for (const word of words) {
      if (!new RegExp(`^ +${word} +\\S`, "m").test(await helpOf(command))) break;
      command.push(word);
    }
    expect([where, command[0]]).toEqual([where, words[0]]);
    const help = await helpOf(command);
    for (const flag of flags) expect([where, flag, help.includes(`${flag} `)]).toEqual([where, flag, true]);
  }
});
