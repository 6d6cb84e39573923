import { invalidArgument } from "../errors";

const certificateBlock =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const maxBundleLength = 256 * 1024;
const maxBundleCertificates = 32;

/** DER in PEM: 64 characters a line, a line break at the end (RFC 7468). */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString("base64");
  let lines = "";
  for (let at = 0; at < base64.length; at += 64) lines += `${base64.slice(at, at + 64)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/**
 * The certificates of a PEM bundle, one text each, in their order and in one form (64 characters a line). Text between
 * them is left out. Refuses more than 256 KiB, more than 32 certificates and blocks that are cut off.
 */
export function splitPem(bundle: string, property = "bundle"): string[] {
  const expected = "Give certificates in PEM, one after the other, each from BEGIN to END CERTIFICATE.";
  if (typeof bundle !== "string") throw invalidArgument(property, "is not a text.", expected);
  if (bundle.length > maxBundleLength)
    throw invalidArgument(property, `is ${bundle.length} characters long, more than 256 KiB.`, expected);
  const begins = bundle.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g)?.length ?? 0;
  if (begins > maxBundleCertificates)
    throw invalidArgument(property, `holds ${begins} certificates, more than ${maxBundleCertificates}.`, expected);
  const blocks = [...bundle.matchAll(certificateBlock)].map((block) => encodePem("CERTIFICATE", decodeBody(block[1])));
  if (blocks.length !== begins)
    throw invalidArgument(
      property,
      `holds a malformed certificate: ${begins} begin, ${blocks.length} are whole.`,
      expected,
    );
  return blocks;
}

/** The DER of the one PEM block of these labels in a text. */
export function decodePem(pem: string, labels: readonly string[], property: string): Buffer {
  const expected = `Give one block in PEM, from BEGIN to END ${labels[0]}.`;
  if (typeof pem !== "string") throw invalidArgument(property, "is not a text.", expected);
  if (pem.length > maxBundleLength)
    throw invalidArgument(property, `is ${pem.length} characters long, more than 256 KiB.`, expected);
  const blocks = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----/g)];
  const wanted = blocks.filter((block) => labels.includes(block[1] as string));
  const block = wanted[0];
  if (block === undefined) {
    const found = blocks.length === 0 ? "no PEM block" : `${blocks.map((each) => each[1]).join(", ")} only`;
    throw invalidArgument(property, `holds ${found}.`, expected);
  }
  if (wanted.length > 1) throw invalidArgument(property, `holds ${wanted.length} of them.`, expected);
  return decodeBody(block[2]);
}

function decodeBody(base64: string | undefined): Buffer {
  return Buffer.from((base64 ?? "").replace(/\s+/g, ""), "base64");
}
