import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../refuse";

/** What a trust bundle takes roots from: a CA or certificate with its `trustBundlePem`, or roots as PEM. */
export type TrustSource =
  pulumi.Input<string> | { readonly trustBundlePem: pulumi.Input<string> | pulumi.Input<string | undefined> };

const blocks = /-----BEGIN (?:X509 )?CERTIFICATE-----[^-]*-----END (?:X509 )?CERTIFICATE-----/g;
const begins = /-----BEGIN (?:X509 )?CERTIFICATE-----/g;
/** Of an object in etcd; the rest of its mebibyte is for the object itself. */
const largest = 1_000_000;

/**
 * The roots of all sources, each once, ordered by their fingerprints: the same roots are the same text, whichever
 * source they come from. What no client could use as a root is an error.
 *
 * @param selfSigned whether a certificate that signed itself is taken although it is no CA, as clients written in Go do
 */
export function mergedRoots(
  property: string | ((at: number) => string),
  sources: readonly TrustSource[],
  selfSigned = false,
): pulumi.Output<string> {
  const pathOf = typeof property === "string" ? (at: number) => `${property}[${at}]` : property;
  const texts = sources.map((source) => pulumi.output(isText(source) ? source : source.trustBundlePem));
  return pulumi.unsecret(pulumi.all(texts).apply((known) => merged(pathOf, known, selfSigned)));
}

function isText(source: TrustSource): source is pulumi.Input<string> {
  return typeof source !== "object" || pulumi.Output.isInstance(source) || source instanceof Promise;
}

function merged(pathOf: (at: number) => string, texts: readonly (string | undefined)[], selfSigned: boolean): string {
  // A unit test's mocks may leave the outputs of a CA out.
  if (texts.every((text) => text === undefined)) return "";
  const roots = new Map(texts.flatMap((text, at) => rootsIn(pathOf(at), text, selfSigned)));
  const bundle = [...roots]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, pem]) => pem)
    .join("");
  if (bundle.length <= largest) return bundle;
  throw refusal(
    pathOf(0).replace(/\[0\]$/, ""),
    `its ${roots.size} roots are ${bundle.length} bytes, more than an object of Kubernetes holds.`,
    "Leave out roots that nobody meets, or use several bundles.",
  );
}

function rootsIn(
  property: string,
  text: string | undefined,
  selfSigned: boolean,
): [fingerprint: string, pem: string][] {
  if (!text)
    throw refusal(
      property,
      "it has no roots yet.",
      'A CA with `signedBy: "external"` has them once `signedTrustBundlePem` is given.',
    );
  const found = text.match(blocks) ?? [];
  const begun = text.match(begins)?.length ?? 0;
  if (begun === 0 || found.length !== begun)
    throw refusal(
      property,
      begun === 0 ? "it holds no certificate." : `${begun} certificates begin in it, ${found.length} are whole.`,
      "Give the text itself, not a path: certificates in PEM, each from BEGIN to END CERTIFICATE.",
    );
  return found.map((pem, at) => {
    const root = readRoot(found.length === 1 ? property : `${property}, certificate ${at + 1}`, pem, selfSigned);
    return [root.fingerprint256, `${root.toString().trimEnd()}\n`];
  });
}

function readRoot(property: string, pem: string, selfSigned: boolean): X509Certificate {
  const certificate = read(property, pem);
  const subject = certificate.subject.replaceAll("\n", ", ");
  if (!certificate.ca && !(selfSigned && certificate.checkIssued(certificate)))
    throw refusal(
      property,
      `${subject} is no CA.`,
      "Clients take only CAs as roots: give the `trustBundlePem` of a certificate, not its `certificatePem`.",
    );
  if (Date.parse(certificate.validTo) < Date.now())
    throw refusal(property, `${subject} expired on ${certificate.validTo}.`, "Take it out: no client accepts it.");
  return certificate;
}

function read(property: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw refusal(property, "it cannot be read.", "Check it with: openssl x509 -in certificate.pem -noout -text.");
  }
}
