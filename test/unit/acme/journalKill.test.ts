import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { transformFileSync } from "@swc/core";
import { openJournal } from "../../../sdk/acme/journal";

const sdk = resolve(__dirname, "../../../sdk");
/** What journal.ts loads, compiled for a process of its own. */
const modules = [
  "errors.ts",
  "duration.ts",
  "acme/journal.ts",
  "acme/journalCipher.ts",
  "acme/journalLock.ts",
  "acme/privateFolder.ts",
  "net/command.ts",
  "net/processStart.ts",
  "net/redact.ts",
];
const writer = `
  const { openJournal } = require("./acme/journal.js");
  const options = JSON.parse(process.argv[2]);
  openJournal(options).then(async (journal) => {
    const seen = await journal.read();
    process.stdout.write("open " + JSON.stringify({ seen, warnings: journal.warnings }) + "\\n");
    for (let each = 0; ; each++) {
      await journal.write({ orderUrl: "https://ca.test/order/" + each, csrDer: "A".repeat(20_000), answers: [] });
      if (each === 0) process.stdout.write("written\\n");
    }
  });
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "journalKill-"));
  for (const name of modules) {
    const { code } = transformFileSync(join(sdk, name), {
      jsc: { target: "es2022", parser: { syntax: "typescript" } },
      module: { type: "commonjs" },
    });
    const target = join(folder, "code", relative(sdk, join(sdk, name)).replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  writeFileSync(join(folder, "code", "writer.js"), writer);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("killed while it writes, a run leaves an entry that the next one reads, and no lock that stops it", async () => {
  const accountKeyPem = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  const options = {
    folder: join(folder, "orders"),
    directoryUrl: "https://ca.test/directory",
    accountKeyPem,
    stack: "shop/prod",
    resource: "web",
    waitMs: 5_000,
  };
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [join(folder, "code", "writer.js"), JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes("written")) break;
    }
    const { seen, warnings } = JSON.parse(output.slice("open ".length, output.indexOf("\n"))) as Record<
      string,
      unknown
    >;
    expect(warnings).toEqual([]);
    if (round > 0) expect(seen).toMatchObject({ orderUrl: expect.stringMatching(/^https:\/\/ca\.test\/order\/\d+$/) });
    // Wherever it is just now: after so many more turns of this process's loop.
    for (let turn = 0; turn < round * 50; turn++) await new Promise((done) => setImmediate(done));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  const journal = await openJournal(options);
  expect(await journal.read()).toMatchObject({ csrDer: "A".repeat(20_000) });
  expect(journal.warnings).toEqual([]);
  await journal.erase();
  await journal.close();
  expect(readdirSync(options.folder)).toEqual([]);
});
