import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeBlocksOf } from "../support/docs/codeBlocks";
import { examples, examplesToStart, StartedExamples } from "../support/startedExamples";
import { needs, type Requirement } from "../support/requirements";

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

const started = new StartedExamples();

test("every ACME example is run here", () => {
  expect(Object.keys(stories).sort()).toEqual(examplesToStart().filter((name) => name.startsWith("acme-")));
});

describe.each(Object.entries(stories))("examples/%s", (name, { needed, shows }) => {
  const missing = needed.find((what) => needs(what).program === "");
  needs(missing ?? "pebble").test(
    "npm start starts its servers, shows what its README says, and leaves nothing",
    async () => {
      await started.expectToShow(name, shows);
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
  const { command, expectNothingLeft } = started.start("acme-http-01");
  await command.waitFor(/\$ pulumi up/);
  for (const { pid } of command.started(/^\S*node start\.mjs/)) process.kill(pid, "SIGINT");
  const { code, all } = await command.done;
  expect(code).toBe(130);
  expect(all).toContain("Interrupted");
  expectNothingLeft();
});
