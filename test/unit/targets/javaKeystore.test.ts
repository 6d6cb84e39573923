import { takeCredentials } from "../../../sdk/targets/credentials";
import { localHost } from "../../../sdk/targets/hosts/local";
import { javaKeystore, javaKeystoreTarget } from "../../../sdk/targets/javaKeystore";
import { testMaterial } from "../../support/targets/material";

const password = "generated-Password-1";
const args = { path: "/etc/app/tls/web.p12", password };
const parse = (changes: object = {}) =>
  javaKeystoreTarget.parse({ kind: "javaKeystore", ...args, ...changes }, "target");

test("is one keystore, for its owner alone, and nothing is reloaded", () => {
  const spec = parse();
  expect(spec).toEqual({
    directory: "/etc/app/tls",
    files: [
      {
        name: "web.p12",
        content: { kind: "pkcs12", alias: "certificate", encryption: "modern", password },
        mode: 0o600,
      },
    ],
    takeOver: false,
    onDelete: "leave",
    properties: { directory: "path", files: { "web.p12": "path" } },
  });
  expect(javaKeystoreTarget.place(spec)).toBe("/etc/app/tls");
});

test("its password is a credential, and without it the description still has a place", () => {
  const { rest, credentials } = takeCredentials(javaKeystore(args));
  expect(rest).toEqual({ kind: "javaKeystore", path: args.path });
  expect(credentials).toEqual({ "/password": password });
  expect(javaKeystoreTarget.place(javaKeystoreTarget.parse(rest, "target"))).toBe("/etc/app/tls");
});

test.each([
  ["no path", { path: undefined }, /target\.path: nothing is no absolute path/],
  ["a relative path", { path: "web.p12" }, /target\.path: .* is no absolute path/],
  ["an empty password", { password: "" }, /target\.password: is empty/],
  ["a password that is no text", { password: 12345678 }, /target\.password: is no text/],
  ["a password that Java cannot read", { password: "pässwörd-12" }, /target\.password: has characters that Java reads/],
  ["a password with a tab", { password: "pass\tword-12" }, /target\.password: has characters that Java reads/],
  ["an alias without a name", { alias: "" }, /target\.alias: "" is no name for an entry/],
  ["another format", { encryption: "jks" }, /target\.encryption: "jks" is no PKCS#12 encryption/],
  ["a keystore that all can read", { keyMode: "0644" }, /target\.keyMode: .* lets everybody read/],
  ["a relative keytool", { keytool: "keytool" }, /target\.keytool: .* is no absolute path/],
  ["an unknown property", { format: "JKS" }, /target\.format: unknown property\. javaKeystore has path, password/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

test("a trust store beside it has the same password, and everybody may read it", () => {
  const { files } = parse({ trustStorePath: "/etc/app/tls/trust.p12" });
  expect(files[1]).toEqual({
    name: "trust.p12",
    content: { kind: "pkcs12TrustStore", isProtected: true, password },
    mode: 0o644,
  });
});

test.each([
  ["elsewhere", "/etc/app/trust.p12", /target\.trustStorePath: .* is not beside the keystore, in \/etc\/app\/tls/],
  ["in the place of the keystore", args.path, /target\.trustStorePath: .* is the keystore's path/],
])("refuses a trust store %s", (_where, trustStorePath, message) => {
  expect(() => parse({ trustStorePath })).toThrow(message);
});

test("no message holds the password", () => {
  const refused = "secret-pässwörd";
  expect(() => parse({ password: refused })).toThrow(expect.not.stringContaining(refused));
});

test("a certificate without its key is refused", async () => {
  const { privateKeyPem: _, ...rest } = await testMaterial();
  expect(() => javaKeystoreTarget.accept(parse(), rest)).toThrow(/has no private key/);
});

test("a keytool that is not there is an error before anything is issued", async () => {
  const spec = parse({ path: "/tmp/tls/web.p12", keytool: "/opt/nowhere/bin/keytool" });
  await expect(javaKeystoreTarget.preflight(spec, { host: localHost, resource: "p/s/web" })).rejects.toThrow(
    /target\.keytool: \/opt\/nowhere\/bin\/keytool cannot be run/,
  );
});
