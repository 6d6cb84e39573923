import { files } from "../../../sdk/targets/files";
import { parseFiles } from "../../../sdk/targets/filesSpec";

const valid = {
  kind: "files",
  directory: "/etc/tls/web",
  files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
};

describe("files", () => {
  test("is plain data", () => {
    expect(files({ directory: "/etc/tls", files: { "a.pem": "combined" } })).toEqual({
      kind: "files",
      directory: "/etc/tls",
      files: { "a.pem": "combined" },
    });
  });
});

describe("parseFiles", () => {
  test("fills in the defaults: keys 0600, the rest 0644, left on deletion, nothing taken over", () => {
    expect(parseFiles(valid, "target")).toEqual({
      directory: "/etc/tls/web",
      files: [
        { name: "fullchain.pem", content: "fullChain", mode: 0o644 },
        { name: "privkey.pem", content: "privateKey", mode: 0o600 },
      ],
      takeOver: false,
      onDelete: "leave",
    });
  });

  test("gives every file with a private key the key mode", () => {
    const keystore = { kind: "pkcs12", encryption: "modern", alias: "web" };
    const contents = ["certificate", "chain", "fullChain", "trustBundle", "privateKey", "combined", keystore];
    const given = {
      ...valid,
      files: Object.fromEntries(contents.map((content, index) => [`f${index}`, content])),
      keyMode: "0640",
    };
    expect(parseFiles(given, "target").files.map(({ mode }) => mode.toString(8))).toEqual([
      "644",
      "644",
      "644",
      "644",
      "640",
      "640",
      "640",
    ]);
  });

  test("takes commands in both forms", () => {
    const reload = { command: ["/bin/kill", "-HUP", "1"], environment: { A: "b" }, timeout: "5s" };
    expect(parseFiles({ ...valid, check: ["/usr/sbin/nginx", "-t"], reload }, "target")).toMatchObject({
      check: { command: ["/usr/sbin/nginx", "-t"], environment: {}, timeout: 60_000 },
      reload: { command: ["/bin/kill", "-HUP", "1"], environment: { A: "b" }, timeout: 5_000 },
    });
  });

  test("normalizes the directory", () => {
    expect(parseFiles({ ...valid, directory: "/etc//tls/./web/" }, "target").directory).toBe("/etc/tls/web");
  });

  test.each([
    ["no object", "x", "target: is no target."],
    ["a relative directory", { ...valid, directory: "tls" }, 'target.directory: "tls" is no absolute path'],
    ["the root directory", { ...valid, directory: "/" }, 'target.directory: "/" is no absolute path'],
    ["no directory", { ...valid, directory: undefined }, "target.directory: nothing is no absolute path"],
    ["no files", { ...valid, files: {} }, "target.files: names no file."],
    ["a path as a name", { ...valid, files: { "../x": "chain" } }, 'target.files["../x"]: is no name of a file.'],
    ["a hidden file", { ...valid, files: { ".x": "chain" } }, 'target.files[".x"]: is no name of a file.'],
    [
      "an unknown content",
      { ...valid, files: { x: "cert" } },
      'target.files["x"]: "cert" is nothing that a file can hold.',
    ],
    [
      "an unknown keystore",
      { ...valid, files: { x: { kind: "bks" } } },
      'target.files["x"].kind: "bks" is no kind of keystore.',
    ],
    [
      "an empty password",
      { ...valid, files: { x: { kind: "pkcs12", encryption: "modern", alias: "a", password: "" } } },
      'target.files["x"].password: is empty.',
    ],
    ["a mode as a number", { ...valid, mode: 644 }, "target.mode: 644 is no mode for these files."],
    ["an executable file", { ...valid, mode: "0755" }, 'target.mode: "0755" is no mode for these files.'],
    ["a file that all may write", { ...valid, mode: "0666" }, 'target.mode: "0666" is no mode for these files.'],
    [
      "a key that all may read",
      { ...valid, keyMode: "0644" },
      'target.keyMode: "0644" lets everybody read a private key.',
    ],
    ["an owner with a space", { ...valid, owner: "www data" }, 'target.owner: "www data" is no owner of files.'],
    ["an empty owner", { ...valid, owner: ":" }, 'target.owner: ":" is no owner of files.'],
    [
      "a shell line as a command",
      { ...valid, reload: "nginx -s reload" },
      'target.reload: "nginx -s reload" is no command.',
    ],
    ["a relative program", { ...valid, reload: ["nginx"] }, 'target.reload: "nginx" is no absolute path of a program.'],
    ["an argument that is no text", { ...valid, reload: ["/bin/kill", 1] }, "target.reload[1]: is no text."],
    [
      "an odd variable",
      { ...valid, check: { command: ["/bin/true"], environment: { "A B": "" } } },
      'target.check.environment: "A B" is no name',
    ],
    [
      "an odd timeout",
      { ...valid, check: { command: ["/bin/true"], timeout: 5 } },
      "target.check.timeout: 5 is not a duration.",
    ],
    ["a misspelt property", { ...valid, ownr: "x" }, "target.ownr: unknown property."],
    ["a misspelt property of a command", { ...valid, check: { cmd: [] } }, "target.check.cmd: unknown property."],
    ["an odd takeOver", { ...valid, takeOver: "yes" }, 'target.takeOver: "yes" is neither true nor false.'],
    ["an odd onDelete", { ...valid, onDelete: "keep" }, 'target.onDelete: "keep" is not known.'],
  ])("refuses %s", (_what, value, message) => {
    expect(() => parseFiles(value, "target")).toThrow(message);
  });

  test("never shows a password", () => {
    const given = { ...valid, files: { x: { kind: "pkcs12", encryption: "rot13", alias: "a", password: "hunter2" } } };
    expect(() => parseFiles(given, "target")).toThrow(expect.not.stringContaining("hunter2") as string);
  });
});
