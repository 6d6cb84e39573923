import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { changedLines, createStack, diagnosticsOf } from "../support/engine";

const program = `
const { CertificateAuthority, CertificateSet } = require("pulumi-certificates");
const pulumi = require("@pulumi/pulumi");
const root = new CertificateAuthority("root", { commonName: "Example Root" });
const members = JSON.parse(require("fs").readFileSync("members.json", "utf8"));
const fleet = new CertificateSet("fleet", {
  issuer: root,
  duration: "90d",
  renewBefore: "30%",
  members,
  manifests: ["team.yaml"],
  permitted: { dnsDomains: ["team.example"], maxDuration: "60d" },
});
exports.fingerprints = pulumi.all(["web", "short", "api"].map((name) => fleet.member(name).fingerprintSha256));
exports.chain = fleet.member("api").trustBundlePem;
exports.key = fleet.member("web").privateKeyPem;
`;

const dns = (name: string, more: object = {}): object => ({ dnsNames: [`${name}.internal.example`], ...more });
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

test("a set issues its members, shows only those that are due, and takes them from manifests", async () => {
  const stack = await createStack({ program, config: { "certificates:allowTimeTravel": "true" } });
  const members = (value: object): void => writeFileSync(join(stack.folder, "members.json"), JSON.stringify(value));
  const manifest = (text: string): void => writeFileSync(join(stack.folder, "team.yaml"), text);
  mkdirSync(stack.folder, { recursive: true });
  members({ web: dns("web"), short: dns("short", { duration: "30d" }) });
  manifest("certificates:\n  api:\n    dnsNames: [api.team.example]\n    duration: 60d\n");

  await stack.up();
  const first = await stack.outputs();
  expect(new Set(first.fingerprints).size).toBe(3);
  expect(first.key).toContain("PRIVATE KEY");
  expect(stack.stateFile()).not.toContain("PRIVATE KEY");
  expect(first.chain).toContain("BEGIN CERTIFICATE");

  stack.clock(inDays(1));
  expect(changedLines((await stack.preview({ args: ["--diff"] })).all)).toEqual([]);

  stack.clock(inDays(22));
  const due = await stack.preview();
  expect(changedLines(due.all)).toMatchObject(
    [{ op: "update", type: /CertificateSet$/, name: "fleet" }].map((line) => ({ name: line.name, op: line.op })),
  );
  expect(diagnosticsOf(due.all, "fleet")).toEqual([expect.stringMatching(/^short is due \[Renewing\]: due since /)]);
  const detailed = (await stack.preview({ args: ["--diff"] })).all;
  expect(detailed).toContain('+ [0]: "short is due [Renewing]');
  expect(detailed).not.toContain("web.internal.example");

  await stack.up();
  const second = await stack.outputs();
  expect(second.fingerprints[1]).not.toBe(first.fingerprints[1]);
  expect([second.fingerprints[0], second.fingerprints[2]]).toEqual([first.fingerprints[0], first.fingerprints[2]]);

  stack.clock();
  manifest("certificates:\n  api:\n    dnsNames: [api.team.example]\n    duration: 61d\n");
  const refused = await stack.preview({ fails: true });
  expect(refused.all).toContain(
    'team.yaml:2: certificates["api"].duration: "61d" is longer than the 60d that are permitted.',
  );
  expect(refused.all).not.toMatch(/^\s+at /m);
});
