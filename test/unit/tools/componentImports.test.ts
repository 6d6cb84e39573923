import { lintRule } from "../../support/lintRule";

const lint = (files: Record<string, string>) =>
  lintRule("componentImports", [{ root: "/package" }], files, "/package/components");

test("components import the public API of the package and its errors", () => {
  const found = lint({
    "aws/importedCertificate.ts": `
      import * as aws from "@pulumi/aws";
      import { Certificate } from "../../sdk";
      import { EndpointVerification } from "../../sdk/index";
      import { messageOf } from "../../sdk/errors";
      import { refusal } from "../refuse";
      import { parseCertificateArn } from "./certificateArn";
      import { listenerSpec } from "./listeners/spec";`,
    "aws/index.ts": `export { ImportedCertificate } from "./importedCertificate";`,
    "refuse.ts": `import { invalidArgument } from "../sdk/errors";`,
  });
  expect(Object.values(found).flat()).toEqual([]);
});

test("what is inside of the package is reported, however it is imported", () => {
  const found = lint({
    "kubernetes/static.ts": `import { parsePem } from "../../sdk/x509/pem";`,
    "kubernetes/type.ts": `import type { Due } from "../../sdk/lifecycle/decide";`,
    "aws/reexport.ts": `export { Certificate } from "../../sdk/resources/certificate";`,
    "aws/all.ts": `export * from "../../sdk/provider";`,
    "verified.ts": `import { probe } from "../sdk/verify/probe";`,
  });
  for (const [path, messages] of Object.entries(found)) {
    expect([path, messages]).toEqual([
      path,
      [expect.stringMatching(/imports sdk\/index or sdk\/errors, not sdk\/\w+/)],
    ]);
  }
});

test("components do not know those of another service, nor what is beside sdk/", () => {
  expect(
    lint({
      "aws/listenerTls.ts": `import { TlsSecret } from "../kubernetes/tlsSecret";`,
      "kubernetes/tlsSecret.ts": `import { run } from "../../cli/run";`,
      "kubernetes/index.ts": `export * from "../aws";`,
      "owner.ts": `import { ownerOf } from "./aws/owner";`,
    }),
  ).toEqual({
    "aws/listenerTls.ts": [expect.stringContaining("must not import components/kubernetes/tlsSecret")],
    "kubernetes/tlsSecret.ts": [expect.stringContaining("must not import cli/run")],
    "kubernetes/index.ts": [expect.stringContaining("must not import components/aws")],
    "owner.ts": [expect.stringContaining("must not import components/aws/owner")],
  });
});
