import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { changes, daysFromNow, outputsByName, reasons, reissued } from "../support/renewals";
import { shiftedClock } from "../support/shiftedClock";
import { type TestCa, createTestCa } from "../support/testCertificates";

const program = (args: object = {}) => `
  const { readFileSync } = require("fs");
  const { Certificate, caIssuer, selfSigned } = require("pulumi-certificates");
  const issuer = caIssuer({ certificatePem: readFileSync("ca.pem", "utf8"), privateKeyPem: readFileSync("key.pem", "utf8") });
  const lifetime = { duration: "90d", renewBefore: "30d" };
  new Certificate("web", { issuer, dnsNames: ["web.example"], ...lifetime, ...${JSON.stringify(args)} });
  new Certificate("other", { issuer: selfSigned(), dnsNames: ["other.example"], ...lifetime });`;

const problem = "The issuer's private key does not belong to its certificate";
const hours = (count: number) => count / 24;

describe("the issuer fails when a certificate is due", () => {
  let stack: Stack;
  let keys: { right: string; wrong: string };
  const useKey = (which: keyof typeof keys) => writeFileSync(join(stack.folder, "key.pem"), keys[which]);
  const said = (output: string) => diagnosticsOf(output, "web").join("\n");
  const keptWarning = expect.stringMatching(
    `warning: The last renewal failed, the certificate in use was kept: ${problem}`,
  );

  beforeAll(async () => {
    const ca = await createTestCa("Example CA", undefined, { notAfter: new Date(daysFromNow(400)) });
    const other = await createTestCa("Other CA");
    keys = { right: ca.privateKeyPem, wrong: other.privateKeyPem };
    stack = await createStack({ program: program(), config: { "certificates:allowTimeTravel": "true" } });
    writeFileSync(join(stack.folder, "ca.pem"), ca.certificatePem);
    useKey("right");
    await stack.up();
    useKey("wrong");
  });

  test("the certificate is kept with a warning, and the rest of the stack goes on", async () => {
    const before = await outputsByName(stack);
    stack.clock(daysFromNow(65));
    const up = await stack.up();
    expect(reasons(up.all)).toEqual({ web: "Renewing", other: "Renewing" });
    expect(said(up.all)).toEqual(keptWarning);
    const after = await outputsByName(stack);
    expect(reissued(before, after)).toEqual(["other"]);
    expect(after.web).toMatchObject({ privateKeyPem: before.web?.privateKeyPem, attempts: 1 });
  });

  test("it waits before it tries again, and warns meanwhile in preview and up", async () => {
    stack.clock(daysFromNow(65 + hours(0.5)));
    // What was renewed under the set clock has the real dates, and so is due again.
    const preview = await stack.preview();
    expect(changes(preview.all)).toEqual({ other: "update" });
    expect(said(preview.all)).toEqual(keptWarning);
    expect(said((await stack.up()).all)).toEqual(keptWarning);
    expect((await outputsByName(stack)).web?.attempts).toBe(1);
  });

  test("then it tries again, shows that in the preview, and waits longer", async () => {
    stack.clock(daysFromNow(65 + hours(2)));
    const preview = await stack.preview();
    expect(reasons(preview.all).web).toBe("Renewing");
    expect(said(preview.all)).toContain(`tries again after: ${problem}`);
    const up = await stack.up();
    expect(said(up.all)).toEqual(keptWarning);
    const { web } = await outputsByName(stack);
    expect(web?.attempts).toBe(2);
    expect(Date.parse(web?.nextAttemptAt)).toBeGreaterThan(Date.parse(daysFromNow(65 + hours(3.5))));
  });

  test("a change in the program is tried at once, and it recovers", async () => {
    const before = await outputsByName(stack);
    useKey("right");
    stack.write(program({ owner: { team: "payments" } }));
    stack.clock(daysFromNow(65 + hours(2.1)));
    const up = await stack.up();
    expect(reissued(before, await outputsByName(stack))).toContain("web");
    expect(said(up.all)).not.toContain("warning");
    const { web } = await outputsByName(stack);
    expect(web).not.toHaveProperty("lastFailure");
    expect(web).not.toHaveProperty("attempts");
  });

  test("near the end of the certificate the run fails", async () => {
    useKey("wrong");
    stack.clock(daysFromNow(80));
    const up = await stack.up({ fails: true });
    expect(said(up.all)).toContain(`error: ${problem}`);
  });

  test("a change of the user that fails is no matter of keeping: the run fails, and the next makes up for it", async () => {
    stack.clock();
    const before = await outputsByName(stack);
    stack.write(program({ owner: { team: "payments" }, dnsNames: ["web.example", "www.example"] }));
    const failed = await stack.up({ fails: true });
    expect(said(failed.all)).toContain(`error: ${problem}`);
    expect((await outputsByName(stack)).web?.fingerprintSha256).toBe(before.web?.fingerprintSha256);
    useKey("right");
    const up = await stack.up();
    expect(reasons(up.all)).toEqual({ web: "RequestChanged" });
    expect((await outputsByName(stack)).web?.dnsNames).toEqual(["web.example", "www.example"]);
    expect(stack.printed()).not.toContain("PRIVATE KEY");
  });
});

test("an issuer ends and nobody renews it: every run warns, and fails once the certificate has expired", async () => {
  const issuer = (days: number) => createTestCa("Example CA", undefined, { notAfter: new Date(daysFromNow(days)) });
  const stack = await createStack({ program: program() });
  const use = ({ certificatePem, privateKeyPem }: TestCa) => {
    writeFileSync(join(stack.folder, "ca.pem"), certificatePem);
    writeFileSync(join(stack.folder, "key.pem"), privateKeyPem);
  };
  use(await issuer(70));
  await stack.up();
  const idle = await stack.up({ env: shiftedClock(stack, 60) });
  expect(changes(idle.all)).toEqual({ other: "update" });
  expect(diagnosticsOf(idle.all, "web").join()).toMatch(/warning: The lifetime is cut to .*: renew the CA before/);

  const env = shiftedClock(stack, 71);
  expect(reasons((await stack.preview({ env })).all)).toEqual({ web: "Expired" });
  const failed = await stack.up({ env, fails: true });
  expect(diagnosticsOf(failed.all, "web").join()).toMatch(/error: The issuing CA, or one above it, expired on/);
  use(await issuer(500));
  expect(reasons((await stack.up({ env })).all)).toEqual({ web: "Expired" });
  await stack.preview({ env, args: ["--expect-no-changes"] });
});
