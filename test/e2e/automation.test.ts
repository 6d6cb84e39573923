import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCommand } from "../support/command";
import { createStack, diagnosticsOf } from "../support/engine";
import { provide } from "../support/provide";
import { daysFromNow, reasons } from "../support/renewals";

/** Two projects in one process: each operation of both at the same time, and one operation after another. */
const script = `
  const { mkdirSync, writeFileSync } = require("fs");
  const { join } = require("path");
  const { LocalWorkspace } = require("@pulumi/pulumi/automation");
  const { Certificate, CertificateAuthority } = require("pulumi-certificates");

  async function open(projectName) {
    const workDir = join(__dirname, projectName); // the provider finds the package from here
    mkdirSync(workDir);
    const program = async () => {
      const issuer = new CertificateAuthority("root", { commonName: projectName });
      const web = new Certificate("web", { issuer, dnsNames: [projectName + ".example"], duration: "90d" });
      return { certificatePem: web.certificatePem, trustBundlePem: web.trustBundlePem, notAfter: web.notAfter };
    };
    return LocalWorkspace.createOrSelectStack({ stackName: "test", projectName, program }, { workDir });
  }

  async function main() {
    const stacks = await Promise.all(["first", "second"].map(open));
    const both = (operation) => Promise.all(stacks.map(operation));
    const created = await both((stack) => stack.up());
    const idle = await both((stack) => stack.preview({ expectNoChanges: true }));
    process.env.PULUMI_CERTIFICATES_NOW = "${daysFromNow(65)}";
    const due = await both((stack) => stack.preview());
    delete process.env.PULUMI_CERTIFICATES_NOW;
    const refreshed = await both((stack) => stack.refresh());
    const again = await both((stack) => stack.up());
    return {
      outputs: created.map(({ outputs }) => Object.fromEntries(Object.entries(outputs).map(([k, { value }]) => [k, value]))),
      idle: idle.map(({ changeSummary }) => changeSummary),
      due: due.map(({ stdout }) => stdout),
      again: again.map(({ summary }) => summary.resourceChanges),
    };
  }

  main().then((result) => writeFileSync("result.json", JSON.stringify(result)));`;

test("inline programs of the Automation API run side by side and one after another in one process", async () => {
  const stack = await createStack({ program: "" });
  const { env } = provide<{ env: Record<string, string> }>("pulumi");
  const file = join(stack.folder, "automation.js");
  writeFileSync(file, script);
  const command = startCommand(process.execPath, [file], {
    cwd: stack.folder,
    timeoutMs: 300_000,
    env: {
      ...process.env,
      ...env,
      PULUMI_BACKEND_URL: `file://${stack.backend}`,
      PULUMI_CONFIG_PASSPHRASE: "test passphrase",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  });
  const result = await command.done;
  expect(result).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const { outputs, idle, due, again } = JSON.parse(readFileSync(join(stack.folder, "result.json"), "utf8"));
  expect(outputs[0].trustBundlePem).not.toBe(outputs[1].trustBundlePem);
  expect(idle).toEqual([{ same: 3 }, { same: 3 }]);
  for (const [index, output] of due.entries()) {
    expect(reasons(output)).toEqual({ web: "Renewing" });
    const project = ["first", "second"][index];
    expect(diagnosticsOf(output, `${project}-test`).join()).toContain("PULUMI_CERTIFICATES_NOW is set");
  }
  expect(again).toEqual([{ same: 3 }, { same: 3 }]);
});
