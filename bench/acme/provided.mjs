/** The inputs of certificates of one ACME account, as the program passes them; answers go over an own listener. */
export function provided({ directoryUrl, caBundlePem, httpPort, accountUrl, accountKeyPem, prefix }) {
  const credentials = {
    issuer: JSON.stringify({ directoryUrl, accountUrl, accountKeyPem, caBundlePem }),
    solvers: JSON.stringify([{ http01: { kind: "standalone", port: httpPort, address: "127.0.0.1" } }]),
  };
  const issuer = { kind: "acme", resource: "urn:account", directory: directoryUrl };
  return (index) => {
    const name = `${prefix}-${index}`;
    return { name: `bench/bench/${name}`, issuer, credentials, dnsNames: [`${name}.example`], dryRun: false };
  };
}
