import { haproxy, haproxyTarget } from "../../../sdk/targets/haproxy";
import { HaproxyRuntime } from "../../../sdk/targets/haproxy/runtime";
import { localHost } from "../../../sdk/targets/hosts/local";
import type { Host } from "../../../sdk/targets/hosts/host";

const certificatePath = "/etc/haproxy/tls/web.pem";
const parse = (changes: object = {}) => haproxyTarget.parse({ kind: "haproxy", certificatePath, ...changes }, "target");

test("is one combined file, and the usual socket", () => {
  expect(haproxy({ certificatePath })).toEqual({ kind: "haproxy", certificatePath });
  expect(parse()).toMatchObject({
    directory: "/etc/haproxy/tls",
    files: [{ name: "web.pem", content: "combined", mode: 0o600 }],
    certificatePath,
    socket: "/run/haproxy/admin.sock",
    socat: "/usr/bin/socat",
  });
});

test.each([
  ["no path", { certificatePath: undefined }, /target\.certificatePath: nothing is no absolute path/],
  ["a path that would be two words", { certificatePath: "/etc/tls/a b.pem" }, /target\.certificatePath: .* characters/],
  [
    "a path that would end a command",
    { certificatePath: "/etc/tls/a;b.pem" },
    /target\.certificatePath: .* characters/,
  ],
  ["an option of socat in the socket", { socket: "/run/admin.sock,fork" }, /target\.socket: .* characters/],
  ["a relative socket", { socket: "admin.sock" }, /target\.socket: "admin\.sock" is no absolute path/],
  ["a program without its path", { socat: "socat" }, /target\.socat: "socat" is no absolute path/],
  ["a key of its own", { keyPath: "/etc/haproxy/tls/web.key" }, /target\.keyPath: unknown property/],
  ["a key that all can read", { keyMode: "0644" }, /target\.keyMode/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

describe("the runtime API", () => {
  /** A socket that gives these answers, and notes what it was asked. */
  const runtimeWith = (answers: readonly string[]): { runtime: HaproxyRuntime; asked: string[]; seen: string[] } => {
    const [asked, seen, left]: string[][] = [[], [], [...answers]];
    const host: Host = {
      ...localHost,
      run: (command, options) => {
        seen?.push(command.join(" "));
        asked?.push(String(options?.input));
        return Promise.resolve({
          ...{ code: 0, signal: undefined, timedOut: false, output: "" },
          stdout: left?.shift() ?? "",
        });
      },
    };
    const spec = { socket: "/run/admin.sock", socat: "/usr/bin/socat", certificatePath };
    return { runtime: new HaproxyRuntime(host, spec), asked: asked ?? [], seen: seen ?? [] };
  };
  const none = "No ongoing transaction!";

  test("gets the PEM without empty lines, in its input only", async () => {
    const created = `Transaction created for certificate ${certificatePath}!`;
    const { runtime, asked, seen } = runtimeWith([none, created, "Committing.\nSuccess!"]);
    expect(await runtime.use("KEY\n\nCERTIFICATE\n \n")).toBe(true);
    expect(asked).toEqual([
      `abort ssl cert ${certificatePath}\n`,
      `set ssl cert ${certificatePath} <<\nKEY\nCERTIFICATE\n\n`,
      `commit ssl cert ${certificatePath}\n`,
    ]);
    expect(new Set(seen)).toEqual(new Set(["/usr/bin/socat -t 15 - UNIX-CONNECT:/run/admin.sock"]));
  });

  test("a transaction into which HAProxy 2.6 put another certificate is ended, not committed", async () => {
    const joined = "Transaction updated for certificate /etc/haproxy/tls/other.pem!";
    const created = `Transaction created for certificate ${certificatePath}!`;
    const { runtime, asked } = runtimeWith([none, joined, "aborted", none, created, "Success!"]);
    expect(await runtime.use("PEM")).toBe(true);
    expect(asked[2]).toBe("abort ssl cert /etc/haproxy/tls/other.pem\n");
    expect(asked.filter((text) => text.startsWith("commit"))).toEqual([`commit ssl cert ${certificatePath}\n`]);
  });

  test.each([
    ["Permission denied", /does not take .* it said: Permission denied.*`level admin`/],
    ["", /it said: nothing.*tune\.bufsize/],
    ["unable to load certificate\nCan't update!", /it said: unable to load certificate Can't update!/],
  ])("tells what to do about the answer %j", async (answer, message) => {
    await expect(runtimeWith([none, answer]).runtime.use("PEM")).rejects.toThrow(message);
  });
});
