import { takeCredentials } from "../../../sdk/targets/credentials";
import { javaTrustStore, javaTrustStoreTarget } from "../../../sdk/targets/javaTrustStore";
import { localHost } from "../../../sdk/targets/hosts/local";
import { testMaterial } from "../../support/targets/material";

const path = "/etc/app/tls/trust.p12";
const parse = (changes: object = {}) =>
  javaTrustStoreTarget.parse({ kind: "javaTrustStore", path, ...changes }, "target");

test("is one file that everybody may read, without a password unless one is given", () => {
  expect(parse()).toEqual({
    directory: "/etc/app/tls",
    files: [{ name: "trust.p12", content: { kind: "pkcs12TrustStore", isProtected: false }, mode: 0o644 }],
    properties: { directory: "path", files: { "trust.p12": "path" } },
    takeOver: false,
    onDelete: "leave",
  });
});

test("in the state it is known to have a password, which is not there", async () => {
  const { rest, credentials } = takeCredentials(javaTrustStore({ path, password: "generated-Password-1" }));
  expect(rest).toEqual({ kind: "javaTrustStore", path, isProtected: true });
  expect(credentials).toEqual({ "/password": "generated-Password-1" });
  const context = { host: localHost, instance: { id: "trust-00000001", resource: "p/s/trust" } };
  const staged = javaTrustStoreTarget.stage(javaTrustStoreTarget.parse(rest, "target"), await testMaterial(), context);
  await expect(staged).rejects.toMatchObject({ code: "CredentialsMissing" });
});

test.each([
  ["no path", { path: undefined }, /target\.path: nothing is no absolute path/],
  ["a password that Java cannot read", { password: "pässwörd-12" }, /target\.password: has characters that Java reads/],
  ["an empty password", { password: "" }, /target\.password: is empty/],
  ["a mode that lets others write", { mode: "0666" }, /target\.mode: "0666" is no mode/],
  ["an unknown property", { alias: "root" }, /target\.alias: unknown property\. javaTrustStore has path, password/],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse(changes)).toThrow(message);
});

test("a certificate without roots is refused, one without a key is not", async () => {
  const { privateKeyPem: _, ...material } = await testMaterial();
  const { trustBundlePem: __, ...rootless } = material;
  expect(() => javaTrustStoreTarget.accept(parse(), material)).not.toThrow();
  expect(() => javaTrustStoreTarget.accept(parse(), rootless)).toThrow(
    /target\.path: the certificate has no trust bundle/,
  );
});
