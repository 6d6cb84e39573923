import { invalidArgument } from "../errors";

export { encodePem } from "../keys/encoding";

const maxLength = 256 * 1024;
const maxCertificates = 32;
/** A block from BEGIN to END (RFC 7468). What is between holds no `-`, so that matching takes linear time. */
const blocks = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;
const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const certificateLabels = ["CERTIFICATE", "X509 CERTIFICATE"];

/**
 * The DER of each certificate in a PEM bundle, in their order. Text and other blocks between them are left out. Refuses
 * more than 256 KiB, more than 32 certificates and blocks that are cut off.
 */
export function readPemBundle(bundle: string, property: string): Buffer[] {
  const expected = "Give certificates in PEM, one after the other, each from BEGIN to END CERTIFICATE.";
  checkText(bundle, property, expected);
  const begins = [...bundle.matchAll(/-----BEGIN [A-Z0-9 ]{0,40}CERTIFICATE-----/g)].length;
  if (begins > maxCertificates)
    throw invalidArgument(property, `holds ${begins} certificates, more than ${maxCertificates}.`, expected);
  const whole = [...bundle.matchAll(blocks)]
    .filter(([, label, body]) => certificateLabels.includes(label as string) && base64.test(body as string))
    .map(([, , body]) => Buffer.from(body as string, "base64"));
  if (whole.length === begins) return whole;
  throw invalidArgument(
    property,
    `holds a malformed certificate: ${begins} begin, ${whole.length} are whole.`,
    expected,
  );
}

/** The DER of the one PEM block with one of these labels in a text. */
export function decodePem(pem: string, labels: readonly string[], property: string): Buffer {
  const expected = `Give one block in PEM, from BEGIN to END ${labels[0]}.`;
  checkText(pem, property, expected);
  const found = [...pem.matchAll(blocks)];
  const wanted = found.filter(([, label]) => labels.includes(label as string));
  const body = wanted[0]?.[2];
  if (body === undefined) {
    const instead = found.length === 0 ? "no whole PEM block" : `${found.map(([, label]) => label).join(", ")} only`;
    throw invalidArgument(property, `holds ${instead}.`, expected);
  }
  if (wanted.length > 1) throw invalidArgument(property, `holds ${wanted.length} of them.`, expected);
  if (!base64.test(body)) throw invalidArgument(property, "holds a block that is no base64.", expected);
  return Buffer.from(body, "base64");
}

function checkText(text: string, property: string, expected: string): void {
  if (typeof text !== "string") throw invalidArgument(property, "is not a text.", expected);
  if (text.length > maxLength)
    throw invalidArgument(property, `is ${text.length} characters long, more than 256 KiB.`, expected);
}
