import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertListWritable, editList, isListed } from "../../../sdk/targets/haproxy/crtList";
import { localHost } from "../../../sdk/targets/hosts/local";

let folder: string;
let list: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crt-list-"));
  list = join(folder, "certificates.list");
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = `# /tls/a.pem is not listed by this line

/tls/b.pem[alpn h2] b.example.com
  /tls/c.pem [ciphers X verify none] *.example.com !no.example.com
/tls/d.pem`;

test("reads the file that a line names, with or without options and filters", async () => {
  writeFileSync(list, text);
  const listed = await Promise.all(["a", "b", "c", "d"].map((name) => isListed(localHost, list, `/tls/${name}.pem`)));
  expect(listed).toEqual([false, true, true, true]);
  expect(await isListed(localHost, join(folder, "absent"), "/tls/b.pem")).toBe(false);
});

test("adds and removes lines and leaves the others, the mode and a link as they are", async () => {
  writeFileSync(join(folder, "real.list"), text);
  chmodSync(join(folder, "real.list"), 0o640);
  symlinkSync("real.list", list);
  await editList(localHost, list, { add: "/tls/e.pem", remove: ["/tls/c.pem"] });
  expect(readFileSync(list, "utf8")).toBe(`${text.replace(/ {2}\/tls\/c.*\n/, "")}\n/tls/e.pem\n`);
  expect(statSync(list).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(["certificates.list", "real.list"]);
});

test("does not write what is right already", async () => {
  writeFileSync(list, text);
  const before = statSync(list).ino;
  await editList(localHost, list, { add: "/tls/b.pem", remove: ["/tls/x.pem"] });
  expect(statSync(list).ino).toBe(before);
});

test("a hundred at once are all there, with what a killed run left out of the way", async () => {
  writeFileSync(join(folder, ".certificates.list.new"), "half");
  const paths = Array.from({ length: 100 }, (_, index) => `/tls/${index}.pem`);
  let writes = 0;
  const host = { ...localHost, rename: (from: string, to: string) => (writes++, localHost.rename(from, to)) };
  await Promise.all(paths.map((add) => editList(host, list, { add })));
  expect(readFileSync(list, "utf8").trim().split("\n").sort()).toEqual([...paths].sort());
  expect(writes).toBeLessThan(5);
});

test("a failure is one of those whose lines it was about, and the next edit works", async () => {
  const host = { ...localHost, writeFile: () => Promise.reject(new Error("no space")) };
  await expect(editList(host, list, { add: "/tls/a.pem" })).rejects.toThrow("no space");
  await editList(localHost, list, { add: "/tls/b.pem" });
  expect(readFileSync(list, "utf8")).toBe("/tls/b.pem\n");
});

test("says beforehand that a list belongs to someone else, or its directory", async () => {
  writeFileSync(list, text);
  const other = { ...localHost, identity: () => Promise.resolve({ uid: 4242, gid: 4242, groups: [] }) };
  await expect(assertListWritable(other, list, "target.crtList")).rejects.toThrow(
    /^target\.crtList: .* belongs to uid \d+ on this machine, not to the user that deploys\. Let the user that deploys own it\./,
  );
  const denied = { ...localHost, writeObstacle: () => Promise.resolve("permission denied (EACCES)") };
  await expect(assertListWritable(denied, list, "target.crtList")).rejects.toThrow(
    /^target\.crtList: .* cannot be written on this machine: .*permission denied \(EACCES\)/,
  );
  await assertListWritable(localHost, list, "target.crtList");
});
