import type { X509Certificate } from "node:crypto";
import { parseCertificates } from "../x509/parse";
import type { AcmeClient } from "./client";
import { AcmeError } from "./problem";
import type { CoreResponse } from "./protocolCore";

export interface DownloadedChain {
  readonly certificatePem: string;
  /** What stands between it and its root, in order. */
  readonly chainPem: string;
}

const mostAlternates = 10;

/**
 * Fetches an issued certificate. With a preferred chain, the alternates that the server names (RFC 8555, 7.4.2) are
 * fetched until one has an issuer of that common name at its top; failing that, one that has it anywhere.
 */
export async function downloadCertificate(
  client: AcmeClient,
  url: string,
  preferredChain?: string,
): Promise<DownloadedChain & { readonly warning?: string }> {
  const first = await fetchChain(client, url);
  const chains = [String(first.data)];
  if (preferredChain !== undefined) {
    const links = alternateLinks(first.headers.link, url).slice(0, mostAlternates);
    for (const link of [undefined, ...links]) {
      if (link !== undefined) chains.push(String((await fetchChain(client, link)).data));
      const pem = chains.at(-1) as string;
      if (namesIn(client, pem).at(-1) === preferredChain) return split(client, pem);
    }
  }
  const inside = chains.find((pem) => preferredChain !== undefined && namesIn(client, pem).includes(preferredChain));
  const chosen = split(client, inside ?? (chains[0] as string));
  if (preferredChain === undefined || inside !== undefined) return chosen;
  const offered = [...new Set(chains.map((pem) => namesIn(client, pem).at(-1)))].map((name) => JSON.stringify(name));
  const warning = `No chain leads to ${JSON.stringify(preferredChain)}; the CA offers ${offered.join(", ")}. The default one is used.`;
  return { ...chosen, warning };
}

async function fetchChain({ session, account }: AcmeClient, url: string): Promise<CoreResponse> {
  return session.post("certificate", url, null, await account.url(), { what: "to hand out the certificate" });
}

/** The common names of the issuers of the certificates in a bundle. */
export function issuerNames(pem: string): string[] {
  return parseCertificates(pem, "certificate").map(({ certificate }) => commonName(certificate));
}

function commonName({ issuer }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(issuer)?.[1] ?? "";
}

function split(client: AcmeClient, pem: string): DownloadedChain {
  const [leaf, ...issuers] = readable(client, () => parseCertificates(pem, "certificate").map((each) => each.pem));
  return { certificatePem: leaf as string, chainPem: issuers.join("") };
}

function namesIn(client: AcmeClient, pem: string): string[] {
  return readable(client, () => issuerNames(pem));
}

/** What is read from a chain; one that is empty or broken is the server's fault, and may be whole the next time. */
function readable<T>({ session }: AcmeClient, read: () => T[]): T[] {
  let cause: unknown;
  try {
    const all = read();
    if (all.length > 0) return all;
  } catch (error) {
    cause = error;
  }
  throw new AcmeError(`The ACME server ${session.host} sent no readable certificate.`, "retryLater", {
    isIssuersFault: true,
    ...(cause !== undefined && { cause }),
  });
}

/** The targets of `Link: <…>;rel="alternate"` (RFC 8288), resolved against the address of the certificate. */
export function alternateLinks(header: string | undefined, base: string): string[] {
  const links = [...(header ?? "").matchAll(/<([^<>]*)>((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g)];
  return links
    .filter(([, , parameters]) =>
      /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?alternate(?:\s[^"]*)?"|alternate(?=\s|;|$))/i.test(parameters ?? ""),
    )
    .map(([, target]) => new URL(target as string, base).href);
}
