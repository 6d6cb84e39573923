import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createStack, type ExportedState, type Stack } from "../support/engine";
import { repository } from "../support/provide";
import { changes, reasons } from "../support/renewals";
import { stateVersion } from "../../sdk/provider/stateVersion";

/**
 * States that each release wrote: `UPDATE_STATE_FIXTURE=1` writes that of the present form, before it is released.
 * Their keys are made for this test and belong to nothing.
 */
const folder = join(repository, "test", "fixtures", "state");

const program = `
  const { Certificate, CertificateAuthority, CertificateSet, pkcs12 } = require("pulumi-certificates");
  const root = new CertificateAuthority("root", { commonName: "Root" });
  const issuing = new CertificateAuthority("issuing", {
    commonName: "Issuing", issuer: root, nameConstraints: { permitted: { dnsDomains: ["example"] } },
  });
  new CertificateAuthority("awaiting", { commonName: "Signed elsewhere", signedBy: "external" });
  new Certificate("web", {
    issuer: issuing, dnsNames: ["web.example"], duration: "90d", renewBefore: "30d", owner: { team: "payments" },
    keystores: { "web.p12": pkcs12({ password: "a password" }) },
  });
  new Certificate("yearly", { issuer: issuing, dnsNames: ["yearly.example"], duration: "1y" });
  new CertificateSet("fleet", { issuer: issuing, duration: "90d", members: { api: { dnsNames: ["api.example"] } } });`;

interface Fixture {
  issuedAt: string;
  state: ExportedState;
}

const after = (instant: string, days: number) => new Date(Date.parse(instant) + days * 86_400_000).toISOString();
const fixtures = readdirSync(folder);
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Fixture;

/** Without what tells about the machine that wrote it. */
async function writeFixture(file: string): Promise<void> {
  const stack = await createStack({ name: "writer", program });
  await stack.up();
  const text = JSON.stringify({ issuedAt: new Date().toISOString(), state: await stack.exportState() }, (key, value) =>
    ["sourcePosition", "stackTrace"].includes(key) ? undefined : (value as unknown),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, file),
    `${JSON.stringify(JSON.parse(text.replaceAll("writer", "released")), undefined, 1)}\n`,
  );
}

test("the state of the present form is among the fixtures", async () => {
  if (process.env.UPDATE_STATE_FIXTURE) await writeFixture(`v${stateVersion}.json`);
  expect(fixtures).toEqual(Array.from({ length: stateVersion }, (_, index) => `v${index + 1}.json`));
});

describe("a stack that another release wrote", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await createStack({ name: "released", program });
  });

  test.each(fixtures)("%s: nothing changes, and certificates come due as before", async (file) => {
    const { issuedAt, state } = read(file);
    await stack.importState(state);
    stack.clock(after(issuedAt, 1));
    await stack.preview({ args: ["--expect-no-changes"] });
    stack.clock(after(issuedAt, 62));
    const due = await stack.preview();
    expect(reasons(due.all)).toEqual({ web: "Renewing", fleet: "Renewing" });
    expect(Object.keys(changes(due.all)).sort()).toEqual(["fleet", "web"]);
  });

  test("of a newer form is refused, and nothing is done", async () => {
    const { issuedAt, state } = read(`v${stateVersion}.json`);
    for (const { outputs } of state.deployment.resources) if (outputs?.stateVersion) outputs.stateVersion += 1;
    await stack.importState(state);
    stack.clock(after(issuedAt, 1));
    const { all } = await stack.preview({ fails: true });
    expect(all).toContain(`written in form ${stateVersion + 1} by a newer release; this one knows ${stateVersion}`);
    expect(all).toContain("Update the package pulumi-certificates");
    expect(all).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
  });
});
