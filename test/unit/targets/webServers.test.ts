import { apache, apacheTarget } from "../../../sdk/targets/apache";
import { nginx, nginxTarget } from "../../../sdk/targets/nginx";

const paths = { certificatePath: "/etc/tls/web.pem", keyPath: "/etc/tls/web.key" };
const parsed = {
  directory: "/etc/tls",
  files: [
    { name: "web.pem", content: "fullChain", mode: 0o644 },
    { name: "web.key", content: "privateKey", mode: 0o600 },
  ],
  takeOver: false,
  onDelete: "leave",
  properties: {
    directory: "certificatePath",
    files: { "web.pem": "certificatePath", "web.key": "keyPath" },
  },
};
const command = (...words: string[]): object => ({ command: words, environment: {}, timeout: 60_000 });

describe("nginx", () => {
  const parse = (changes: object): unknown => nginxTarget.parse({ ...nginx(paths), ...changes }, "target");

  test("is the full chain and the key, checked and reloaded by nginx", () => {
    expect(parse({})).toEqual({
      ...parsed,
      check: command("/usr/sbin/nginx", "-t"),
      reload: command("/usr/sbin/nginx", "-s", "reload"),
    });
  });

  test("names the configuration and the program in both commands", () => {
    expect(parse({ configuration: "/srv/nginx.conf", program: "/opt/nginx" })).toMatchObject({
      check: command("/opt/nginx", "-c", "/srv/nginx.conf", "-t"),
      reload: command("/opt/nginx", "-c", "/srv/nginx.conf", "-s", "reload"),
    });
  });

  test("leaves commands, owner, modes and what becomes of the files to the program", () => {
    const given = { owner: "root:www-data", keyMode: "0640", takeOver: true, onDelete: "remove" };
    expect(parse({ ...given, check: ["/bin/true"], reload: { command: ["/bin/false"], timeout: "5s" } })).toMatchObject(
      {
        files: [{ mode: 0o644 }, { mode: 0o640 }],
        takeOver: true,
        onDelete: "remove",
        check: command("/bin/true"),
        reload: { command: ["/bin/false"], timeout: 5_000 },
      },
    );
  });
});

describe("apache", () => {
  const parse = (changes: object): unknown => apacheTarget.parse({ ...apache(paths), ...changes }, "target");

  test("is the full chain and the key, checked and restarted gracefully by apachectl", () => {
    expect(parse({})).toEqual({
      ...parsed,
      check: command("/usr/sbin/apachectl", "configtest"),
      reload: command("/usr/sbin/apachectl", "graceful"),
    });
  });

  test("names the configuration to the server itself", () => {
    expect(parse({ configuration: "/srv/httpd.conf", program: "/usr/sbin/httpd" })).toMatchObject({
      check: command("/usr/sbin/httpd", "-f", "/srv/httpd.conf", "-t"),
      reload: command("/usr/sbin/httpd", "-f", "/srv/httpd.conf", "-k", "graceful"),
    });
  });
});

describe.each([
  ["nginx", nginxTarget],
  ["apache", apacheTarget],
] as const)("%s refuses", (kind, target) => {
  test.each<[string, unknown, string]>([
    ["no certificate", { certificatePath: undefined }, "target.certificatePath: nothing is no absolute path."],
    ["no key", { keyPath: undefined }, "target.keyPath: nothing is no absolute path."],
    [
      "a relative path",
      { certificatePath: "tls/web.pem" },
      'target.certificatePath: "tls/web.pem" is no absolute path.',
    ],
    ["a path with NUL", { keyPath: "/etc/tls/\0" }, "target.keyPath: "],
    ["a directory", { certificatePath: "/etc/tls/" }, 'target.certificatePath: "/etc/tls/" is no path of a file.'],
    ["a hidden file", { keyPath: "/etc/tls/.key" }, 'target.keyPath: "/etc/tls/.key" is no path of a file.'],
    ["a file in /", { certificatePath: "/web.pem" }, 'target.certificatePath: "/web.pem" is in no directory but /.'],
    ["a name that is too long", { keyPath: `/etc/tls/${"k".repeat(201)}` }, "target.keyPath: the file's name has more"],
    [
      "a key in another directory",
      { keyPath: "/etc/keys/web.key" },
      'target.keyPath: "/etc/keys/web.key" is not beside the certificate, in /etc/tls.',
    ],
    [
      "one path for both",
      { keyPath: "/etc/tls/x/../web.pem" },
      `target.keyPath: "/etc/tls/web.pem" is the certificate's`,
    ],
    ["a relative program", { program: kind }, `target.program: "${kind}" is no absolute path.`],
    [
      "a relative configuration",
      { configuration: "web.conf" },
      'target.configuration: "web.conf" is no absolute path.',
    ],
    ["a check in one text", { check: "true" }, 'target.check: "true" is no command.'],
    ["a reload that is none", { reload: ["reload"] }, 'target.reload: "reload" is no absolute path of a program.'],
    ["a key that all can read", { keyMode: "0644" }, "target.keyMode: "],
    [
      "an argument of files",
      { directory: "/etc/tls" },
      `target.directory: unknown property. ${kind} has certificatePath`,
    ],
  ])("%s", (_what, changes, message) => {
    const given = { kind, ...paths, ...(changes as object) };
    expect(() => target.parse(given, "target")).toThrow(
      expect.objectContaining({
        code: "InvalidArgument",
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});
