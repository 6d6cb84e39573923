import { type KeyObject, X509Certificate, createHash, createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateToDeploy } from "../../sdk";
import { refusal } from "../refuse";

/** What a TLS secret holds, as PEM, by key. */
export interface TlsTexts {
  readonly "tls.crt": string;
  readonly "tls.key": string;
  readonly "ca.crt"?: string;
}

/** The texts of a certificate's secret: a secret output. What no server could use of it is an error. */
export function tlsTexts(certificate: CertificateToDeploy, includeCa: boolean): pulumi.Output<TlsTexts> {
  refuseRequest(certificate);
  const { certificatePem, chainPem, trustBundlePem, privateKeyPem } = certificate;
  const parts: pulumi.Input<string | undefined>[] = [certificatePem, chainPem, trustBundlePem, privateKeyPem];
  const texts = pulumi.all(parts).apply(([leaf, chain, roots, key]): TlsTexts => {
    // A unit test's mocks may leave the outputs of a certificate out.
    if (leaf === undefined) return { "tls.crt": "", "tls.key": "" };
    refusePair(leaf, key);
    const own = { "tls.crt": joined(leaf, chain), "tls.key": joined(key) };
    if (!includeCa) return own;
    if (!roots)
      throw refusal(
        "includeCa",
        "the certificate comes without the roots that clients are to trust.",
        "Give its `trustBundlePem`, or leave `includeCa` out.",
      );
    return { ...own, "ca.crt": joined(roots) };
  });
  return pulumi.secret(texts);
}

/** SHA-256 of what pods read besides the certificate itself, its chain and the trust bundle, hexadecimal. */
export function chainSha256(
  { chainPem, trustBundlePem }: CertificateToDeploy,
  includeCa: boolean,
): pulumi.Output<string> {
  const parts: pulumi.Input<string | undefined>[] = [chainPem, includeCa ? trustBundlePem : undefined];
  const digest = pulumi.all(parts).apply((known) =>
    createHash("sha256")
      .update(known.map((text) => joined(text)).join("\n"))
      .digest("hex"),
  );
  return pulumi.unsecret(digest);
}

/** PEM texts one after the other, each with its last line ended. */
export function joined(...texts: (string | undefined)[]): string {
  return texts.flatMap((text) => (text ? [`${text.trimEnd()}\n`] : [])).join("");
}

/** Of a certificate whose key stays with whoever made its request this is known before it is issued. */
function refuseRequest(certificate: CertificateToDeploy): void {
  const { csrPem } = certificate as { csrPem?: pulumi.Input<string | undefined> };
  if (pulumi.Output.isInstance(csrPem))
    csrPem.apply((request) => {
      if (typeof request === "string") throw withoutKey();
    });
}

function withoutKey(): Error {
  return refusal(
    "certificate",
    "it comes without a private key, which a TLS secret must hold.",
    "A certificate for a `csrPem` has its key elsewhere: let the Certificate make the key, or give `privateKeyPem` beside `certificatePem`.",
  );
}

function refusePair(leaf: string, key: string | undefined): void {
  if (leaf === "")
    throw refusal(
      "certificate",
      "it is not issued yet, so there is nothing to put into the secret.",
      "Its `lastFailure` says what its first issuance waits for. Add the secret once it is issued, or take `pendingFirstIssuance` off so that the run ends there.",
    );
  if (!key) throw withoutKey();
  const first = read("certificate.certificatePem", "a certificate in PEM", () => new X509Certificate(leaf));
  const privateKey = read("certificate.privateKeyPem", "an unencrypted private key in PEM", (): KeyObject =>
    createPrivateKey(key),
  );
  if (!first.checkPrivateKey(privateKey))
    throw refusal(
      "certificate",
      `the private key is not that of ${first.subject.replaceAll("\n", ", ") || "the first certificate"}.`,
      "Give the key with which it was requested, and the certificate itself before its chain.",
    );
}

function read<Result>(property: string, expected: string, work: () => Result): Result {
  try {
    return work();
  } catch {
    throw refusal(property, `it is not ${expected}.`, `Give the text itself, not a path, as ${expected}.`);
  }
}
