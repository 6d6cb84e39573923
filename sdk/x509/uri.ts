import { invalidArgument } from "../errors";
import { normalizeDnsName } from "./dnsName";
import { ipFromBytes, ipToBytes } from "./ipAddress";

const parts = /^([A-Za-z][A-Za-z0-9+.-]*):(\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/;
const allowedCharacters = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

/** An absolute URI (RFC 3986) with scheme and host in lower case; the rest stays as it is. */
export function normalizeUri(text: string, property: string): string {
  const shown = JSON.stringify(text.length > 280 ? `${text.slice(0, 277)}...` : text);
  const refuse = (problem: string, fix: string): never => {
    throw invalidArgument(property, `${shown} ${problem}`, fix);
  };
  if (text.length > 2048) refuse(`has ${text.length} characters.`, "Use at most 2048.");
  if (!allowedCharacters.test(text))
    refuse("has a character that no URI has.", "Percent-encode it; write an international host as A-labels (xn--).");
  const match = parts.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  const authority = match?.[3];
  const path = match?.[4] ?? "";
  const rest = `${match?.[5] ?? ""}${match?.[6] ?? ""}`;
  if (scheme === undefined)
    return refuse("has no scheme.", 'Write an absolute URI: "https://example.com/a", "spiffe://example.com/web".');
  if (scheme === "spiffe") return normalizeSpiffeId(authority, path, rest, refuse);
  if (authority === undefined) {
    if (scheme !== "urn" || path === "") refuse("has no host.", `Write it like "${scheme}://example.com/path".`);
    return `${scheme}:${path}${rest}`;
  }
  return `${scheme}://${normalizeAuthority(authority, property, refuse)}${path}${rest}`;
}

type Refuse = (problem: string, fix: string) => never;

function normalizeAuthority(authority: string, property: string, refuse: Refuse): string {
  const match = /^([^@]*@)?(\[[^\]]*\]|[^:[\]]*)(:[0-9]*)?$/.exec(authority);
  const host = match?.[2];
  if (host === undefined || host === "") return refuse("has no host.", "Write it after the //.");
  const address = ipToBytes(host.startsWith("[") ? host.slice(1, -1) : host);
  if (host.startsWith("[") && address?.length !== 16) refuse("has a malformed IPv6 address.", "Check it.");
  const canonical =
    address === undefined
      ? normalizeDnsName(host, property)
      : address.length === 16
        ? `[${ipFromBytes(address)}]`
        : ipFromBytes(address);
  return `${match?.[1] ?? ""}${canonical}${match?.[3] ?? ""}`;
}

/** SPIFFE-ID, sections 2.1 to 2.4. */
function normalizeSpiffeId(authority: string | undefined, path: string, rest: string, refuse: Refuse): string {
  const trustDomain = (authority ?? "").toLowerCase();
  if (!/^[a-z0-9._-]{1,255}$/.test(trustDomain))
    refuse("has no valid trust domain.", "Use letters, digits, dots, hyphens and underscores; no port, no user.");
  if (rest !== "") refuse("has a query or fragment, which SPIFFE ids have not.", "Remove it.");
  if (path !== "" && !/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/.test(path))
    refuse(
      "has a path that no SPIFFE id has.",
      "Separate its parts, not empty, . or .., by one slash; none at the end.",
    );
  return `spiffe://${trustDomain}${path}`;
}
