/** A list as it should be served, in DER; some private CAs serve PEM. What is neither is for the reader to refuse. */
export function crlDer(body: Buffer): Buffer {
  const start = body.subarray(0, 64).toString("latin1").trimStart();
  if (!start.startsWith("-----BEGIN ")) return body;
  const block = /-----BEGIN (?:X509 )?CRL-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CRL-----/.exec(
    body.toString("latin1"),
  );
  return Buffer.from(block?.[1] ?? "", "base64");
}
