import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webrootSolver } from "../../../sdk/solvers/webroot";
import { testChallenge } from "../../support/solvers/fixture";

const context = { signal: new AbortController().signal, report: () => undefined };
const challenge = testChallenge("http-01", "web.example.com");
let path: string;

beforeEach(() => (path = mkdtempSync(join(tmpdir(), "webroot-"))));
afterEach(() => rmSync(path, { recursive: true, force: true }));

const folder = (): string => join(path, ".well-known", "acme-challenge");
const present = (given = challenge) => webrootSolver.present({ path }, given, context);

test("the web server can read the file, whatever the umask is", async () => {
  const before = process.umask(0o077);
  try {
    const { remove } = await present();
    const file = join(folder(), challenge.token);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(statSync(folder()).mode & 0o777).toBe(0o755);
    expect(readFileSync(file, "utf8")).toBe(challenge.keyAuthorization);
    await remove();
  } finally {
    process.umask(before);
  }
});

test("folders that were there stay, and so does what others put there", async () => {
  mkdirSync(join(path, ".well-known"));
  const { remove } = await present();
  await remove();
  expect(readdirSync(path, { recursive: true })).toEqual([".well-known"]);
  const again = await present();
  writeFileSync(join(folder(), "another-client"), "x");
  await again.remove();
  expect(readdirSync(folder())).toEqual(["another-client"]);
});

test("a challenge that two orders share is answered until both are done", async () => {
  const [one, two] = [await present(), await present()];
  await one.remove();
  await one.remove();
  expect(existsSync(join(folder(), challenge.token))).toBe(true);
  await two.remove();
  expect(readdirSync(path)).toEqual([]);
});

test("a leftover is removed only if it is that answer", async () => {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), challenge.token), "something else");
  await webrootSolver.removeLeftover!({ path }, challenge, context);
  expect(readdirSync(folder())).toEqual([challenge.token]);
  writeFileSync(join(folder(), challenge.token), challenge.keyAuthorization);
  await webrootSolver.removeLeftover!({ path }, challenge, context);
  expect(readdirSync(folder())).toEqual([]);
});

test.each([".well-known", join(".well-known", "acme-challenge")])(
  "a link at %s out of the root is refused",
  async (at) => {
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    try {
      mkdirSync(join(outside, "acme-challenge"));
      mkdirSync(join(path, at, ".."), { recursive: true });
      symlinkSync(outside, join(path, at));
      await expect(present()).rejects.toThrow(`${join(path, at)} leads out of the webroot, to ${outside}.`);
      await expect(webrootSolver.preflight!({ path }, [], context)).rejects.toThrow("leads out of the webroot");
      expect(readdirSync(outside, { recursive: true })).toEqual(["acme-challenge"]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  },
);

test("a link within the root is followed, one that leads nowhere refused", async () => {
  mkdirSync(join(path, "shared"));
  symlinkSync(join(path, "shared"), join(path, ".well-known"));
  const { remove } = await present();
  expect(readdirSync(join(path, "shared", "acme-challenge"))).toEqual([challenge.token]);
  await remove();
  rmSync(join(path, ".well-known"));
  symlinkSync(join(path, "nowhere"), join(path, ".well-known"));
  await expect(present()).rejects.toThrow("is no directory");
});

test("a root that is not there is an error, and is not made", async () => {
  const missing = join(path, "html");
  const failing = webrootSolver.present({ path: missing }, challenge, context);
  await expect(failing).rejects.toMatchObject({ code: "IssuanceFailed" });
  await expect(failing).rejects.toThrow(`The webroot ${missing} is no directory on this machine.`);
  expect(existsSync(missing)).toBe(false);
});

test("a file in the place of a folder is an error before the order", async () => {
  writeFileSync(join(path, ".well-known"), "x");
  await expect(webrootSolver.preflight!({ path }, [], context)).rejects.toThrow(".well-known is no directory. Move it");
  await expect(present()).rejects.toThrow(".well-known is no directory. Move it");
});

test("many orders at once leave nothing behind", async () => {
  const all = Array.from({ length: 30 }, () => testChallenge("http-01", "web.example.com"));
  await Promise.all(all.map(async (each) => (await present(each)).remove()));
  expect(readdirSync(path)).toEqual([]);
});
