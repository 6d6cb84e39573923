import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opensslCa, opensslLeaf } from "../support/certbotFolder";
import { startMoto } from "../support/motoServer";
import { needs } from "../support/requirements";
import { importReport } from "../support/runImport";
import { RunningServers } from "../support/runningServers";

const servers = new RunningServers();
const aws = needs("aws");
const moto = needs("moto_server");
const before = { ...process.env };
let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "import-"))));
afterAll(() => {
  process.env = before;
  rmSync(folder, { recursive: true });
});

moto.describe("AWS Certificate Manager", () => {
  aws.test("imported certificates are taken, those that ACM issued are not", async () => {
    const server = await servers.add(startMoto(moto.program));
    process.env = { ...before, ...server.environment };
    const acm = (...args: string[]): string =>
      execFileSync(aws.program, ["acm", ...args], { encoding: "utf8", env: process.env });
    const ca = opensslCa(join(folder, "ca"));
    const web = opensslLeaf(ca, { names: ["web.example.com"] });
    const files = {
      certificate: web.certificatePem,
      "certificate-chain": ca.chainPem,
      "private-key": web.privateKeyPem,
    };
    const given = Object.entries(files).flatMap(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return [`--${name}`, `fileb://${join(folder, name)}`];
    });
    acm("import-certificate", ...given);
    acm("request-certificate", "--domain-name", "issued.example.com", "--validation-method", "DNS");

    const program = join(folder, "adopted.ts");
    const report = await importReport("acm", "--out", program, "--region", "eu-west-1");
    expect(report.imported).toEqual([
      expect.objectContaining({
        name: "web-example-com",
        origin: expect.stringMatching(/^ACM certificate arn:aws:acm:eu-west-1:/),
        certificatePath: "adopted/web-example-com.pem",
      }),
    ]);
    expect(readFileSync(join(folder, "adopted", "web-example-com.pem"), "utf8")).toBe(web.certificatePem + ca.chainPem);
    for (const { reason } of report.refused) expect(reason).toMatch(/^ACM still renews it/);

    await expect(importReport("acm", "--region", "nowhere", "--profile", "none")).rejects.toThrow(/aws acm .*failed/);
  });
});
