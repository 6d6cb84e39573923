import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTrustStore, pkcs12TrustStore, validateTrustStore } from "../../../sdk/keystores/pkcs12TrustStore";
import { fingerprintsOf } from "../../support/keystoreReaders";
import { needs } from "../../support/requirements";
import { type TestCa, createTestCa } from "../../support/testCertificates";

const password = "correct horse battery";
let folder: string;
let roots: TestCa[];
let rootsPem: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trust-store-"));
  roots = [await createTestCa("Example Root"), await createTestCa("Example Root")];
  rootsPem = roots.map((root) => root.rootPem).join("");
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = async (withPassword: string | undefined): Promise<string> => {
  const path = join(folder, withPassword === undefined ? "open.p12" : "protected.p12");
  writeFileSync(path, await createTrustStore(rootsPem, withPassword));
  return path;
};

test("the factory says whether there is a password", () => {
  expect(pkcs12TrustStore()).toEqual({ kind: "pkcs12TrustStore", isProtected: false });
  expect(pkcs12TrustStore({ password })).toEqual({ kind: "pkcs12TrustStore", isProtected: true, password });
});

test.each([
  ["what no factory made", { kind: "pkcs12TrustStore" }, /^roots: is no trust store/],
  ["an empty password", { isProtected: true, password: "" }, /^roots\.password: is empty/],
  ["a password outside ASCII", { isProtected: true, password: "pässwörd" }, /^roots\.password: has characters/],
  ["a password that is no text", { isProtected: true, password: 1 }, /^roots\.password: is no text/],
])("refuses %s", (_what, value, message) => {
  expect(() => validateTrustStore(value, "roots")).toThrow(message);
});

needs("openssl").describe("OpenSSL", () => {
  test.each([
    ["with a password", password, []],
    ["without a password, which has no MAC", undefined, ["-nomacver"]],
  ])("reads one %s", async (_what, withPassword, options) => {
    const source = ["-in", await write(withPassword), "-passin", `pass:${withPassword ?? ""}`, "-nokeys", ...options];
    const pem = execFileSync("openssl", ["pkcs12", ...source], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    expect(fingerprintsOf(pem)).toEqual(roots.map(({ fingerprintSha256 }) => fingerprintSha256));
  });
});

needs("keytool").describe("Java", () => {
  const trusted = (path: string, given: string): number => {
    const command = ["-list", "-keystore", path, "-storetype", "PKCS12"];
    const listing = execFileSync(needs("keytool").program, command, {
      input: `${given}\n`,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
    return listing.match(/^example root [0-9a-f]{16}, .*trustedCertEntry/gm)?.length ?? 0;
  };

  test("trusts each root, though they bear one name", async () => {
    expect(trusted(await write(password), password)).toBe(2);
  });

  test("opens one without a password with none and with any", async () => {
    const path = await write(undefined);
    expect([trusted(path, ""), trusted(path, "changeit")]).toEqual([2, 2]);
  });
});
