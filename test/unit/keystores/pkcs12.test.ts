import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pkcs12, pkcs12Keystore, type Pkcs12Encryption } from "../../../sdk/keystores/pkcs12";
import { fingerprintsOf, hasKeytool, keytoolImport, opensslRead, opensslWrite } from "../../support/keystoreReaders";
import { opensslChain, type OpensslChain } from "../../support/opensslChain";

const password = "correct horse battery";
const testWithJava = hasKeytool ? test : test.skip;

let directory: string;
let chain: OpensslChain;
let fingerprints: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pkcs12-"));
  chain = await opensslChain(directory, "ECDSA-P256");
  fingerprints = fingerprintsOf(chain.certificatePem + chain.chainPem);
});
afterAll(() => rm(directory, { recursive: true }));

const write = (encryption: Pkcs12Encryption, withPassword = password, alias = "certificate"): Promise<Uint8Array> =>
  pkcs12Keystore.create({ kind: "pkcs12", encryption, alias }, { ...chain, password: withPassword });

test("the factory fills in modern encryption and an alias", () => {
  expect(pkcs12({ password })).toEqual({ kind: "pkcs12", encryption: "modern", alias: "certificate", password });
});

test("modern is AES-256 under PBKDF2-HMAC-SHA-256 with a SHA-256 MAC", async () => {
  const { info } = await opensslRead(await write("modern"), password);
  const encryption = "PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256";
  expect(info).toContain("MAC: sha256, Iteration 10000");
  expect(info).toContain(`PKCS7 Encrypted data: ${encryption}`);
  expect(info).toContain(`Shrouded Keybag: ${encryption}`);
});

test("legacy is triple DES with a SHA-1 MAC throughout, no RC2", async () => {
  const { info } = await opensslRead(await write("legacy"), password);
  expect(info).toMatch(/MAC: sha1, Iteration 2048/);
  expect(info.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/g)).toHaveLength(2);
  expect(info).not.toContain("RC2");
});

test("the key and its certificate bear the same name and local key id, the intermediates none", async () => {
  const { info } = await opensslRead(await write("modern", password, "Müller & Söhne 🔑"), password);
  const ids = [...info.matchAll(/localKeyID: ([0-9A-F ]+)/g)].map(([, id]) => id?.trim());
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
  const { alias } = await pkcs12Keystore.read(await write("legacy", password, "Müller & Söhne 🔑"), password);
  expect(alias).toBe("Müller & Söhne 🔑");
});

test("two keystores of the same certificate share no salt", async () => {
  const [one, two] = await Promise.all([write("modern"), write("modern")]);
  expect(Buffer.from(one).equals(Buffer.from(two))).toBe(false);
});

test.each(["modern", "legacy"] as const)("a %s keystore opens with a password outside ASCII", async (encryption) => {
  for (const other of ["pässwörd-€", "パスワード", "key 🔑 key"]) {
    const keystore = await write(encryption, other);
    expect(fingerprintsOf((await opensslRead(keystore, other)).pem)).toEqual(fingerprints);
    expect((await pkcs12Keystore.read(keystore, other)).keyMatches).toBe(true);
  }
});

test.each([
  ["as OpenSSL 3 writes it", []],
  ["with triple DES and SHA-1", ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"]],
  ["with AES-128 and HMAC-SHA-512", ["-certpbe", "AES-128-CBC", "-keypbe", "AES-192-CBC", "-macalg", "sha512"]],
  ["with certificates in clear", ["-certpbe", "NONE"]],
  ["with one iteration", ["-noiter", "-nomaciter"]],
])("a keystore of openssl %s is read", async (_, options) => {
  const keystore = await opensslWrite(chain, password, options);
  const contents = await pkcs12Keystore.read(keystore, password);
  expect(contents).toEqual({ alias: "by-openssl", fingerprintsSha256: fingerprints, keyMatches: true });
});

testWithJava("a keystore that Java wrote is read", async () => {
  const { imported } = await keytoolImport(await write("modern"), password);
  const contents = await pkcs12Keystore.read(imported, password);
  expect(contents).toEqual({ alias: "certificate", fingerprintsSha256: fingerprints, keyMatches: true });
});

test.each([
  ["no MAC", ["-nomac"], /it has no MAC/],
  ["RC2", ["-legacy", "-certpbe", "PBE-SHA1-RC2-40"], /its encryption \(1\.2\.840\.113549\.1\.12\.1\.6\)/],
  ["far too many iterations", ["-iter", "1000001"], /asks for 1000001 iterations/],
])("a keystore with %s is refused, with the reason", async (_, options, reason) => {
  const keystore = await opensslWrite(chain, password, options);
  await expect(pkcs12Keystore.read(keystore, password)).rejects.toMatchObject({
    code: "MalformedInput",
    message: expect.stringMatching(reason) as string,
  });
});
