import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "../support/command";
import { codeBlocksOf } from "../support/docs/codeBlocks";
import { repository } from "../support/provide";
import { needs, type Requirement } from "../support/requirements";

const examples = join(repository, "examples");

/** What each example needs, and what it shows. Its start.mjs fails by itself if something is not as it says. */
const stories: Record<string, { needed: Requirement[]; shows: RegExp[] }> = {
  "acme-http-01": {
    needed: ["pebble"],
    shows: [/\+ Certificate web created/, /web is due \[Renewing\]/, /~ Certificate web updated/],
  },
  "acme-dns-01": {
    needed: ["pebble", "named"],
    shows: [
      /adding an RR at 'example\.com\.acme\.example\.net' TXT/,
      /the certificate in use was kept: .*it does not accept the signature made with the key "acme-updates"/,
    ],
  },
  "acme-fleet": {
    needed: ["pebble"],
    shows: [
      /5 to update/,
      // Not "due since" a day to come: the CA has moved the window.
      /www\.example\.com is due \[Renewing\]: expires [-\d]+; the CA asks for .*https:\/\/ca\.example\/incident/,
      /shop\.example\.com:\n.*\n.*warning: The last renewal failed, the certificate in use was kept: .*127\.0\.0\.2/,
      /~ 1 updated\n +6 unchanged/,
    ],
  },
  "acme-fallback": {
    needed: ["pebble"],
    shows: [
      /the certificate in use was kept: letsencrypt: .*too many certificates.*fallback issuers are asked from/,
      /warning: Issued by google: letsencrypt: .*too many certificates.*asks letsencrypt first again/,
    ],
  },
  "acme-short-lived": { needed: ["pebble"], shows: [/valid for 160 hours/, /3 unchanged/, /edge is due \[Renewing\]/] },
};

/** Where the examples make what they need while they run. */
const folder = mkdtempSync(join(tmpdir(), "acme-examples-"));
const running: RunningCommand[] = [];
const inherited = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|NODE_OPTIONS$|JEST_)/.test(name));

afterAll(async () => {
  for (const command of running) command.killGroup();
  await Promise.allSettled(running.map((command) => command.done));
  rmSync(folder, { recursive: true, force: true });
});

function start(example: string): RunningCommand {
  const commands = codeBlocksOf(join(examples, example, "README.md")).filter(({ text }) => text === "npm start\n");
  expect(commands).toHaveLength(1);
  const env = { ...Object.fromEntries(inherited), TMPDIR: folder };
  const command = startCommand("npm", ["start"], { cwd: join(examples, example), env, timeoutMs: 300_000 });
  running.push(command);
  return command;
}

function expectNothingLeft(command: RunningCommand, example: string, filesBefore: string[]): void {
  expect(command.started()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
  expect(readdirSync(join(examples, example))).toEqual(filesBefore);
}

test("every ACME example is run here", () => {
  const there = readdirSync(examples).filter((name) => existsSync(join(examples, name, "start.mjs")));
  expect(Object.keys(stories).sort()).toEqual(there.sort());
});

describe.each(Object.entries(stories))("examples/%s", (name, { needed, shows }) => {
  const missing = needed.find((what) => needs(what).program === "");
  needs(missing ?? "pebble").test(
    "npm start starts its servers, shows what its README says, and leaves nothing",
    async () => {
      const files = readdirSync(join(examples, name));
      const command = start(name);
      const { code, all } = await command.done;
      for (const shown of shows) expect(all).toMatch(shown);
      expect(code).toBe(0);
      expect(all).not.toContain("PRIVATE KEY");
      expectNothingLeft(command, name, files);
    },
  );

  test("its README sets what the program reads, for Let's Encrypt", () => {
    const program = readFileSync(join(examples, name, "index.ts"), "utf8");
    const read = [...program.matchAll(/config\s*\.(?:get|require)\w*(?:<.*?>)?\("(\w+)"\)/g)].map(([, key]) => key);
    const required = [...program.matchAll(/config\s*\.require\w*(?:<.*?>)?\("(\w+)"\)/g)].map(([, key]) => key);
    const commands = codeBlocksOf(join(examples, name, "README.md")).filter(({ heading }) => /staging/.test(heading));
    const text = commands.map((block) => block.text).join("");
    const set = [...text.matchAll(/config set (?:--\w+ )?'?([\w:]+)/g)].map(([, key]) => key);
    expect(set.filter((key) => key?.startsWith("certificates:") === false && !read.includes(key))).toEqual([]);
    expect(required.filter((key) => !set.includes(key))).toEqual([]);
    expect(program).toContain('"letsencrypt-staging"');
  });
});

needs("pebble").test("interrupted, an example stops its servers and removes what it made", async () => {
  const files = readdirSync(join(examples, "acme-http-01"));
  const command = start("acme-http-01");
  await command.waitFor(/\$ pulumi up/);
  for (const { pid } of command.started(/^\S*node start\.mjs/)) process.kill(pid, "SIGINT");
  const { code, all } = await command.done;
  expect(code).toBe(130);
  expect(all).toContain("Interrupted");
  expectNothingLeft(command, "acme-http-01", files);
});
