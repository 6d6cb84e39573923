/** Whether a certificate's DNS name is for a host: equal, or its wildcard covers the host's first label (RFC 9525 6.3). */
export function hostMatches(host: string, pattern: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, "");
  const offered = pattern.toLowerCase();
  if (wanted === offered) return true;
  if (!offered.startsWith("*.") || wanted.startsWith("*")) return false;
  const dot = wanted.indexOf(".");
  return dot > 0 && wanted.slice(dot + 1) === offered.slice(2);
}
