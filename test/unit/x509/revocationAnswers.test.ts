import { execFileSync } from "node:child_process";
import { createPublicKey, sign, X509Certificate } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { algorithmFacts, keyAlgorithms } from "../../../sdk/keys/algorithms";
import { accessUrls } from "../../../sdk/x509/accessUrls";
import { issueCertificate } from "../../../sdk/x509/certificate";
import { readCrl, statusInCrl } from "../../../sdk/x509/crl";
import { MalformedDer } from "../../../sdk/x509/derReader";
import { readCertificateFields } from "../../../sdk/x509/fields";
import { ocspRequest, type OcspSubject, readOcspResponse } from "../../../sdk/x509/ocsp";
import { UnreliableAnswer } from "../../../sdk/x509/revocationData";
import { isSignedBy } from "../../../sdk/x509/signature";
import { generatePrivateKey } from "../../../sdk/keys/generate";
import { localSigner } from "../../../sdk/keys/signer";
import { OpensslStatus } from "../../support/opensslStatus";

let folder: string;
let status: OpensslStatus;
let issuer: X509Certificate;
/** After the answers were made: what is younger than it is not valid yet. */
let now = new Date();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "revocation-"));
  status = await OpensslStatus.start(folder);
  issuer = new X509Certificate(status.caPem);
});
afterAll(async () => {
  await status.stop();
  rmSync(folder, { recursive: true });
});

const subjectOf = (name: string): OcspSubject => ({ certificate: new X509Certificate(status.pem(name)), issuer });
const crlStatus = (der: Buffer, name: string): string =>
  statusInCrl(readCrl(der, issuer), subjectOf(name).certificate, [], now).status;

/** The status that a reader finds; undefined where it refuses the answer in the way it says it does. */
function statusOrRefusal(read: () => { status: string } | string): string | undefined {
  try {
    const found = read();
    return typeof found === "string" ? found : found.status;
  } catch (error) {
    if (error instanceof MalformedDer || error instanceof UnreliableAnswer) return undefined;
    throw error;
  }
}

test("a request is the one that openssl makes", () => {
  const name = status.issue({});
  const path = join(folder, "request.der");
  const certificate = ["-issuer", join(folder, "ca.pem"), "-cert", join(folder, `${name}.pem`)];
  execFileSync("openssl", ["ocsp", ...certificate, "-no_nonce", "-reqout", path], { stdio: "pipe" });
  expect(ocspRequest(subjectOf(name)).toString("hex")).toBe(readFileSync(path).toString("hex"));
});

describe("an answer that was tampered with", () => {
  let answers: { good: Buffer; revoked: Buffer };
  let lists: { der: Buffer; good: string; revoked: string };
  let names: { good: string; revoked: string };

  beforeAll(async () => {
    names = { good: status.issue({}), revoked: status.issue({}) };
    status.revoke(names.revoked);
    status.createResponder("responder", ["extendedKeyUsage=OCSPSigning"]);
    status.responder = { signer: "responder", args: ["-ndays", "1"] };
    answers = {
      good: await status.ocspAnswer(ocspRequest(subjectOf(names.good))),
      revoked: await status.ocspAnswer(ocspRequest(subjectOf(names.revoked))),
    };
    lists = { der: status.crl(), ...names };
    now = new Date();
    const read = (answer: Buffer, name: string): string => readOcspResponse(answer, subjectOf(name), now).status;
    expect([read(answers.good, names.good), read(answers.revoked, names.revoked)]).toEqual(["good", "revoked"]);
    expect([crlStatus(lists.der, names.good), crlStatus(lists.der, names.revoked)]).toEqual(["good", "revoked"]);
  });

  test("cut off anywhere, it never passes", () => {
    for (let length = 0; length < answers.good.length; length++) {
      const cut = answers.good.subarray(0, length);
      expect([length, statusOrRefusal(() => readOcspResponse(cut, subjectOf(names.good), now))]).toEqual([
        length,
        undefined,
      ]);
    }
    for (let length = 0; length < lists.der.length; length++) {
      const cut = lists.der.subarray(0, length);
      expect([length, statusOrRefusal(() => crlStatus(cut, names.good))]).toEqual([length, undefined]);
    }
  });

  test("with any byte changed, a revoked certificate never becomes good", () => {
    for (const [der, read] of [
      [answers.revoked, (each: Buffer) => readOcspResponse(each, subjectOf(names.revoked), now)],
      [lists.der, (each: Buffer) => crlStatus(each, names.revoked)],
    ] as const) {
      for (let at = 0; at < der.length; at++) {
        for (const flip of [0x01, 0x80, 0xff]) {
          const changed = Buffer.from(der);
          changed[at] = (changed[at] as number) ^ flip;
          expect([at, statusOrRefusal(() => read(changed))]).not.toEqual([at, "good"]);
        }
      }
    }
  });

  test("random changes are refused in the way the reader says, with no other error", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(edits, fc.boolean(), (changes, isOcsp) => {
        const changed = Buffer.from(isOcsp ? answers.revoked : lists.der);
        for (const [at, value] of changes) changed[at % changed.length] = value;
        const read = (): { status: string } | string =>
          isOcsp ? readOcspResponse(changed, subjectOf(names.revoked), now) : crlStatus(changed, names.revoked);
        expect(statusOrRefusal(read)).not.toBe("good");
      }),
      { numRuns: 2_000 },
    );
  });
});

test("points for some reasons or of another issuer are left out, those of several names are not", () => {
  const name = status.issue({}, [
    "crlDistributionPoints=plain,some,indirect,directory",
    "[plain]\nfullname=URI:http://a.example/1.crl,URI:ldap://a.example/cn",
    "[some]\nfullname=URI:http://a.example/2.crl\nreasons=keyCompromise",
    "[indirect]\nfullname=URI:http://a.example/3.crl\nCRLissuer=dirName:other",
    "[other]\nCN=Other",
    "[directory]\nfullname=dirName:other",
  ]);
  const { crl, ocsp } = accessUrls(readCertificateFields(subjectOf(name).certificate.raw));
  expect({ crl, ocsp }).toEqual({ crl: ["http://a.example/1.crl", "ldap://a.example/cn"], ocsp: [] });
});

test("a list of 20,000 entries is read and looked through in a moment", () => {
  const name = status.issue({});
  const serial = BigInt(`0x${subjectOf(name).certificate.serialNumber}`);
  const lines = Array.from({ length: 20_000 }, (_, at) => {
    const number = (serial + BigInt(at + 1)).toString(16).toUpperCase();
    return `R\t300101000000Z\t261101000000Z,keyCompromise\t${number.padStart(number.length + (number.length % 2), "0")}\tunknown\t/CN=x\n`;
  });
  appendFileSync(join(folder, "index.txt"), lines.join(""));
  const der = status.crl();
  expect(der.length).toBeGreaterThan(500_000);
  crlStatus(der, name); // the first call compiles the code
  const start = process.hrtime.bigint();
  expect(crlStatus(der, name)).toBe("good");
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(250);

  const text = execFileSync("openssl", ["crl", "-inform", "DER", "-noout", "-text"], { input: der, maxBuffer: 1e9 });
  expect(text.toString().match(/Serial Number:/g)?.length).toBeGreaterThanOrEqual(20_000);
});

test.each(keyAlgorithms)("signatures of %s are checked", async (algorithm) => {
  const { signatureHash, signatureIdentifier } = algorithmFacts[algorithm];
  const key = await generatePrivateKey(algorithm);
  const data = Buffer.from("signed");
  const bits = Buffer.concat([Buffer.of(0), sign(signatureHash, data, key)]);
  const signature = { algorithm: Buffer.from(signatureIdentifier, "hex"), bits };
  const publicKey = createPublicKey(key);
  expect(isSignedBy(data, signature, publicKey)).toBe(true);
  expect(isSignedBy(Buffer.from("other"), signature, publicKey)).toBe(false);
  const other = await generatePrivateKey(algorithm === "Ed25519" ? "ECDSA-P256" : "Ed25519");
  expect(isSignedBy(data, signature, createPublicKey(other))).toBe(false);
  const sha1 = { ...signature, algorithm: Buffer.from("300d06092a864886f70d0101050500", "hex") };
  expect(() => isSignedBy(data, sha1, publicKey)).toThrow(/not known or too weak/);
});

async function selfSigned(more: object): Promise<{ pem: string }> {
  const key = await generatePrivateKey("ECDSA-P256");
  const template = {
    subject: {},
    names: { dnsNames: ["a.example.com"] },
    publicKey: createPublicKey(key),
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    ...more,
  };
  return issueCertificate(template, "self", localSigner(key));
}

test("the URLs that this package writes are read back", async () => {
  const urls = {
    ocspUrls: ["http://ocsp.example.com/"],
    issuerUrls: ["http://ca.example.com/ca.cer"],
    crlUrls: ["http://ca.example.com/1.crl", "http://ca.example.com/2.crl"],
  };
  const { pem } = await selfSigned(urls);
  expect(accessUrls(readCertificateFields(new X509Certificate(pem).raw))).toEqual({
    ocsp: urls.ocspUrls,
    caIssuers: urls.issuerUrls,
    crl: urls.crlUrls,
  });
});
