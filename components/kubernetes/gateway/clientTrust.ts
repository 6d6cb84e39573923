import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../../refuse";
import { joined } from "../tlsData";

/** What a gateway checks client certificates with, as keys of its secret. */
export function clientTrust(
  clientCaPem: pulumi.Input<string>,
  clientCrlPem: pulumi.Input<string> | undefined,
): pulumi.Output<Record<string, string>> {
  return pulumi.all([clientCaPem, clientCrlPem]).apply(([roots, crl]): Record<string, string> => {
    refuseText("clientCaPem", roots, "CERTIFICATE", (pem) => new X509Certificate(pem));
    if (crl !== undefined) refuseText("clientCrlPem", crl, "X509 CRL", () => undefined);
    return { "ca.crt": base64(roots), ...(crl !== undefined && { "ca.crl": base64(crl) }) };
  });
}

function refuseText(property: string, text: string | undefined, label: string, parse: (pem: string) => unknown): void {
  // A unit test's mocks may leave the outputs of a CA out.
  if (text === undefined) return;
  const wrong = () => refusal(property, `it is not PEM with ${label}.`, "Give the text itself, not a path or DER.");
  if (!text.includes(`-----BEGIN ${label}-----`)) throw wrong();
  try {
    parse(text);
  } catch {
    throw wrong();
  }
}

const base64 = (text: string | undefined) => Buffer.from(joined(text)).toString("base64");
