import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createStack, diagnosticsOf, resourceCounts } from "../support/engine";
import { changes, daysFromNow, outputsByName, reasons, recorded, reissued } from "../support/renewals";
import { createTestCa } from "../support/testCertificates";

const imports = `const { readFileSync } = require("fs");
const { Certificate, CertificateAuthority, caIssuer, selfSigned } = require("pulumi-certificates");`;
const allowTimeTravel = { "certificates:allowTimeTravel": "true" };

test("plans hold, and a refresh is clean also when certificates are due by time", async () => {
  const stack = await createStack({
    config: allowTimeTravel,
    program: `${imports}
      const issuer = new CertificateAuthority("root", { commonName: "Example Root" });
      for (const name of ["web", "api"]) new Certificate(name, { issuer, dnsNames: [name + ".example"] });`,
  });
  const plan = join(stack.folder, "plan.json");
  const env = { PULUMI_EXPERIMENTAL: "true" };
  await stack.preview({ args: ["--save-plan", plan], env });
  expect(resourceCounts((await stack.up({ args: ["--plan", plan], env })).all)).toEqual({ create: 4 });

  stack.clock(daysFromNow(65));
  const before = recorded(stack);
  await stack.refresh({ args: ["--expect-no-changes"] });
  expect(recorded(stack)).toEqual(before);

  await stack.preview({ args: ["--save-plan", plan], env });
  stack.clock(daysFromNow(65.01));
  const planned = await stack.up({ args: ["--plan", plan], env });
  expect(reasons(planned.all)).toEqual({ web: "Renewing", api: "Renewing" });

  stack.clock(daysFromNow(130));
  const refreshed = await stack.up({ args: ["--refresh"] });
  expect(reasons(refreshed.all)).toEqual({ web: "Renewing", api: "Renewing" });

  stack.clock();
  const withProgram = await stack.refresh({ args: ["--run-program"] });
  expect(resourceCounts(withProgram.all)).toEqual({ unchanged: 4 });
  await stack.preview({ args: ["--expect-no-changes"] });
});

test("targets, replacements, taints, imports of the state and deletion do no harm", async () => {
  const program = (changed: boolean) => `${imports}
    const issuer = new CertificateAuthority("root", { commonName: "Example Root" });
    const leaf = (name, issuer, options) =>
      new Certificate(name, { issuer, dnsNames: [name + (${changed} ? ".new" : ".old")] }, options);
    leaf("web", issuer);
    leaf("api", issuer);
    leaf("kept", selfSigned(), { protect: true, retainOnDelete: true });
    ${changed ? `leaf("newLeaf", new CertificateAuthority("newRoot", { commonName: "New Root" }));` : ""}`;
  const stack = await createStack({ program: program(false) });
  const urn = (name: string, type = "Certificate") =>
    `urn:pulumi:test::${stack.name}::pulumi-nodejs:dynamic/certificates:${type}::${name}`;
  await stack.up();

  stack.write(program(true));
  expect(changes((await stack.up({ args: ["--target", urn("web")] })).all)).toEqual({ web: "update" });
  const untargeted = await stack.up({ args: ["--target", urn("newLeaf")], fails: true });
  expect(diagnosticsOf(untargeted.all, "newLeaf").join("\n")).toMatch(/--target/);
  expect(untargeted.all).not.toMatch(/^ +at .*:\d+:\d+/m);
  await stack.up();

  const before = await outputsByName(stack);
  await stack.run(["state", "taint", urn("api"), "--yes"], { expectSuccess: true });
  const replaced = await stack.up({ args: ["--replace", urn("root", "CertificateAuthority")] });
  expect(changes(replaced.all)).toEqual({ root: "replace", api: "replace" });
  const after = await outputsByName(stack);
  expect(reissued(before, after).sort()).toEqual(["api", "root"]);
  const preview = await stack.preview();
  expect(reasons(preview.all)).toEqual({ web: "IssuerKeyChanged" });
  expect(changes((await stack.up()).all)).toEqual({ web: "update" });

  // As if an older release had recorded it with other code.
  const state = await stack.exportState();
  for (const { inputs, outputs } of state.deployment.resources) {
    for (const properties of [inputs, outputs]) {
      if (properties?.__provider) properties.__provider = properties.__provider.replace("=>", "=> ");
    }
  }
  await stack.importState(state);
  expect(changes((await stack.preview({ args: ["--expect-no-changes"] })).all)).toEqual({});

  expect((await stack.destroy({ fails: true })).all).toMatch(/kept.*protect/s);
  await stack.run(["state", "unprotect", urn("kept"), "--yes"], { expectSuccess: true });
  await stack.destroy();
  expect((await stack.exportState()).deployment.resources ?? []).toEqual([]);
});

test("a first issuance that failed is made up for by the next up, also after a refresh", async () => {
  const [ca, other] = await Promise.all([createTestCa("Example CA"), createTestCa("Other CA")]);
  const stack = await createStack({
    program: `${imports}
      const issuer = caIssuer({ certificatePem: readFileSync("ca.pem", "utf8"), privateKeyPem: readFileSync("key.pem", "utf8") });
      new Certificate("web", { issuer, dnsNames: ["web.example"], duration: "20d" });
      new Certificate("own", { issuer: selfSigned(), dnsNames: ["own.example"] });`,
  });
  writeFileSync(join(stack.folder, "ca.pem"), ca.certificatePem);
  writeFileSync(join(stack.folder, "key.pem"), other.privateKeyPem);
  const failed = await stack.up({ args: ["--continue-on-error"], fails: true });
  expect(diagnosticsOf(failed.all, "web")).toContainEqual(
    expect.stringContaining("private key does not belong to its certificate"),
  );
  expect(Object.keys(await outputsByName(stack))).toEqual(["own"]);
  await stack.refresh();
  writeFileSync(join(stack.folder, "key.pem"), ca.privateKeyPem);
  expect(changes((await stack.up()).all)).toEqual({ web: "create" });
  await stack.preview({ args: ["--expect-no-changes"] });
});
