import { domainToASCII, domainToUnicode } from "node:url";
import { invalidArgument } from "../errors";
import { ipToBytes } from "./ipAddress";

const plainDnsName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A host name in lower case, as A-labels (RFC 5890), without a trailing dot. */
export function normalizeDnsName(text: string, property: string, wildcards?: "wildcards"): string {
  const shown = JSON.stringify(text.length > 280 ? `${text.slice(0, 277)}...` : text);
  const refuse = (problem: string, fix: string): never => {
    throw invalidArgument(property, `${shown} ${problem}`, fix);
  };
  let name = text;
  let star = "";
  if (name.includes("*")) {
    if (wildcards === undefined) refuse("has a wildcard.", "Give a name without *.");
    if (!name.startsWith("*.") || name.indexOf("*", 1) >= 0)
      refuse("has a wildcard that is not the whole first label.", 'Write it like "*.example.com": one star, in front.');
    star = "*.";
    name = name.slice(2);
    if (!name.includes("."))
      refuse("has a wildcard for all of a top-level domain.", "Clients refuse it: give at least two labels after *.");
  }
  // eslint-disable-next-line no-control-regex -- the range is what ASCII is
  if (!/^[\x00-\x7f]*$/.test(name)) name = internationalToAscii(name, refuse);
  name = name.toLowerCase();
  if (!plainDnsName.test(name) || star.length + name.length > 253) explainDnsName(name, refuse);
  if (name.includes("--")) checkReservedLabels(name, refuse);
  if (/(?:^|\.)[0-9]+$/.test(name))
    refuse("ends in a number, as no host name does.", ipToBytes(name) ? "Put it under ipAddresses." : "Check it.");
  return star + name;
}

type Refuse = (problem: string, fix: string) => never;

function internationalToAscii(name: string, refuse: Refuse): string {
  // domainToASCII parses a URL's host: what has a meaning there is no part of a name.
  if (/[\s%/\\:?#@[\]<>^|]/u.test(name)) refuse("has a character that no host name has.", "Check it.");
  const ascii = domainToASCII(name);
  if (ascii === "") refuse("is no valid internationalized name (UTS #46).", "Check its characters.");
  return ascii;
}

/** Names the rule that a name breaks; it is known to break one. */
function explainDnsName(name: string, refuse: Refuse): void {
  if (name === "") refuse("is empty.", "Give a name, or leave it out.");
  if (name.endsWith(".")) refuse("ends with a dot.", "Leave the last dot out: certificates hold names without it.");
  if (name.includes("_"))
    refuse("has an underscore, which host names have not (RFC 1123).", "Use a name with hyphens instead.");
  if (ipToBytes(name)) refuse("is an IP address.", "Put it under ipAddresses.");
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(name)) refuse("is a URI.", "Give the host name alone, or put it under uris.");
  const bad = /[^a-z0-9.-]/.exec(name)?.[0];
  if (bad !== undefined)
    refuse(`has the character ${JSON.stringify(bad)}.`, "Host names have letters, digits, hyphens and dots only.");
  for (const label of name.split(".")) {
    if (label === "") refuse("has an empty label.", "Write one dot between two labels, none in front.");
    if (label.length > 63) refuse(`has a label of ${label.length} characters.`, "A label has at most 63 (RFC 1035).");
    if (label.startsWith("-") || label.endsWith("-"))
      refuse("has a label that begins or ends with a hyphen.", "Remove the hyphen.");
  }
  refuse(`has ${name.length} characters.`, "A name has at most 253 (RFC 1035), with its wildcard.");
}

function checkReservedLabels(name: string, refuse: Refuse): void {
  for (const label of name.split(".")) {
    if (label.slice(2, 4) !== "--") continue;
    if (!label.startsWith("xn--"))
      refuse("has a label with -- in the third and fourth place.", "Those are reserved (RFC 5890): use another name.");
    const unicode = domainToUnicode(label);
    if (unicode === label || domainToASCII(unicode) !== label)
      refuse(`has the label ${label}, which is no valid A-label.`, "Write the international name itself.");
  }
}
