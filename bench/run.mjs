// `npm run bench`: ratios measured in one run. `-- --write` puts the table into docs/benchmarks.md; `-- --only set`.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { main, step } from "../tools/exec.mjs";
import { ensurePulumi } from "../tools/pulumi.mjs";
import { ensureBuild, ensureDependencies, repository } from "../tools/setup.mjs";

const parts = {
  issuing: async (rounds) => (await import("./issuing.mjs")).measureIssuing(rounds),
  acme: async (rounds) => (await import("./acme.mjs")).measureAcme(rounds),
  set: async (rounds) => (await import("./set.mjs")).measureSet(rounds),
  resources: async (rounds) => (await import("./resources.mjs")).measureResources(rounds),
};

await main(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string" }, rounds: { type: "string", default: "3" }, write: { type: "boolean" } },
  });
  await ensureDependencies();
  await ensureBuild();
  const { version } = await ensurePulumi();
  const rows = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (values.only === undefined || values.only === name)
      rows.push(...(await step(name, () => measure(Number(values.rounds)))));
  }
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, Pulumi ${version}`;
  const table = `${markdown(rows)}\n\n${new Date().toISOString().slice(0, 10)}, ${machine}; medians of ${values.rounds}.\n`;
  process.stdout.write(`\n${table}`);
  if (values.write) writeTable(table);
});

function markdown(rows) {
  const lines = rows.map(
    ({ what, value, beside, ratio, limit }) => `| ${[what, value, beside, ratio, limit].join(" | ")} |`,
  );
  return ["| what | measured | beside | ratio | goal |", "|---|---|---|---|---|", ...lines].join("\n");
}

function writeTable(table) {
  const path = join(repository, "docs", "benchmarks.md");
  const text = readFileSync(path, "utf8");
  const marked = /(<!-- table -->\n)[^]*(<!-- end of table -->)/;
  writeFileSync(
    path,
    text.replace(marked, (_all, start, end) => `${start}\n${table}\n${end}`),
  );
}
