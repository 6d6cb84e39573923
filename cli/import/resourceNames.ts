import type { CertificateFacts } from "../../sdk/x509/parse";

const longest = 60;

/** A name for the resource of each certificate, from its first name: `*.example.com` is `wildcard-example-com`. */
export function resourceNames(certificates: readonly CertificateFacts[]): string[] {
  const taken = new Set<string>();
  return certificates.map((facts) => {
    const base = resourceName(facts);
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    return name;
  });
}

function resourceName({ names, subjectName, serialNumber }: CertificateFacts): string {
  const first = [
    names.dnsNames?.[0],
    names.ipAddresses?.[0],
    subjectName.commonName,
    names.uris?.[0],
    names.emailAddresses?.[0],
  ].find((name) => name !== undefined && /[a-z0-9]/i.test(name));
  const words = (first ?? `certificate-${serialNumber}`).toLowerCase().replace(/^\*\./, "wildcard-");
  return words
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, longest)
    .replace(/^-+|-+$/g, "");
}
