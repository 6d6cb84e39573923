// Certificates that are all due in one `pulumi up`: what the provider's process holds meanwhile.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { step } from "../../tools/exec.mjs";
import { createProject } from "../project.mjs";

const sampler = fileURLToPath(new URL("memorySampler.cjs", import.meta.url));
const inEightyDays = () => new Date(Date.now() + 80 * 86_400_000).toISOString();

const program = ({ directoryUrl, caBundlePem, httpPort }, count) => `
const { AcmeAccount, Certificate, standalone } = require("pulumi-certificates");
const { directoryUrl: directory, caBundlePem, httpPort: port } = ${JSON.stringify({ directoryUrl, caBundlePem, httpPort })};
const account = new AcmeAccount("pebble", {
  directory,
  caBundlePem,
  solvers: [{ http01: standalone({ port, address: "127.0.0.1" }) }],
});
for (let i = 0; i < ${count}; i++) new Certificate("web-" + i, { issuer: account, dnsNames: ["web-" + i + ".example"] });
`;

/** Bytes at the moments of the renewal, each with how many certificates had been renewed by then. */
export async function memoryOfRenewals(pebble, count, atOnce) {
  const folder = mkdtempSync(join(tmpdir(), "certificates-memory-"));
  const file = join(folder, "samples");
  const env = { PULUMI_PARALLEL: String(atOnce), PULUMI_CERTIFICATES_STATE_DIR: folder };
  const issued = () => pebble.output().split("Issued certificate serial").length - 1 - count;
  const renewed = [];
  try {
    const project = await createProject("renewals", program(pebble, count));
    await project.config("certificates:allowTimeTravel", "true");
    await step(`first up of ${count}`, () => project.up(env));
    const timer = setInterval(() => renewed.push({ at: Date.now(), count: issued() }), 100);
    const more = { NODE_OPTIONS: `--require ${sampler} --expose-gc`, CERTIFICATES_BENCH_MEMORY: file };
    try {
      await step(`up with ${count} due`, () =>
        project.up({ ...env, ...more, PULUMI_CERTIFICATES_NOW: inEightyDays() }),
      );
    } finally {
      clearInterval(timer);
    }
    if (issued() !== count) throw new Error(`${issued()} of ${count} certificates were renewed`);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    return lines.map((line) => {
      const { at, ...bytes } = JSON.parse(line);
      return { ...bytes, renewed: renewed.findLast((one) => one.at <= at)?.count ?? 0 };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
