import { combinedPem, fullChainPem, joinPem } from "../../../sdk/keystores/pem";

const block = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const parts = {
  privateKeyPem: block("PRIVATE KEY", "AAAA"),
  certificatePem: block("CERTIFICATE", "BBBB"),
  chainPem: block("CERTIFICATE", "CCCC") + block("CERTIFICATE", "DDDD"),
};

test("the full chain is the certificate and then its issuers", () => {
  expect(fullChainPem(parts)).toBe(parts.certificatePem + parts.chainPem);
});

test("a combined file has the private key first", () => {
  expect(combinedPem(parts)).toBe(parts.privateKeyPem + parts.certificatePem + parts.chainPem);
});

test("a certificate without intermediates leaves no empty line", () => {
  expect(fullChainPem({ certificatePem: parts.certificatePem, chainPem: "" })).toBe(parts.certificatePem);
});

test("blocks without a line end, or with Windows line ends, do not run into each other", () => {
  const windows = parts.chainPem.replaceAll("\n", "\r\n");
  expect(joinPem(parts.certificatePem.trim(), `\n\n${windows}\r\n`)).toBe(parts.certificatePem + parts.chainPem);
  expect(joinPem("", " \n")).toBe("");
});
