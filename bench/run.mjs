// `npm run bench`: ratios measured in one run. `-- --only set` measures one part; `-- --write` puts the tables whose parts
// were all measured into docs/benchmarks.md.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { main, step } from "../tools/exec.mjs";
import { ensurePulumi } from "../tools/pulumi.mjs";
import { ensureBuild, ensureDependencies, repository } from "../tools/setup.mjs";

const parts = {
  issuing: async (rounds) => (await import("./issuing.mjs")).measureIssuing(rounds),
  set: async (rounds) => (await import("./set.mjs")).measureSet(rounds),
  resources: async (rounds) => (await import("./resources.mjs")).measureResources(rounds),
  acme: async (rounds) => (await import("./acme.mjs")).measureAcme(rounds),
  deployments: async (rounds) => (await import("./deployments.mjs")).measureDeployments(rounds),
};
/** Tables of docs/benchmarks.md, and whose rows they have. */
const tables = { local: ["issuing", "set", "resources"], acme: ["acme"], deployments: ["deployments"] };

await main(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string" }, rounds: { type: "string", default: "3" }, write: { type: "boolean" } },
  });
  const { only } = values;
  if (only !== undefined && !(only in parts))
    throw new Error(`--only ${only}: expected one of ${Object.keys(parts).join(", ")}.`);
  await ensureDependencies();
  await ensureBuild();
  const { version } = await ensurePulumi();
  const rows = {};
  for (const [name, measure] of Object.entries(parts))
    if (only === undefined || only === name) rows[name] = await step(name, () => measure(Number(values.rounds)));
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, Pulumi ${version}`;
  const footer = `${new Date().toISOString().slice(0, 10)}, ${machine}; medians of ${values.rounds}.`;
  for (const [table, names] of Object.entries(tables)) {
    const measured = names.filter((name) => rows[name] !== undefined);
    if (measured.length === 0) continue;
    const text = `${markdown(measured.flatMap((name) => rows[name]))}\n\n${footer}\n`;
    process.stdout.write(`\n${text}`);
    if (values.write && measured.length === names.length) writeTable(table, text);
  }
});

function markdown(rows) {
  const lines = rows.map(
    ({ what, value, beside, ratio, limit }) => `| ${[what, value, beside, ratio, limit].join(" | ")} |`,
  );
  return ["| what | measured | beside | ratio | goal |", "|---|---|---|---|---|", ...lines].join("\n");
}

function writeTable(name, table) {
  const path = join(repository, "docs", "benchmarks.md");
  const text = readFileSync(path, "utf8");
  const marked = new RegExp(`(<!-- table ${name} -->\n)[^]*?(<!-- end of table -->)`);
  writeFileSync(
    path,
    text.replace(marked, (_all, start, end) => `${start}\n${table}\n${end}`),
  );
}
