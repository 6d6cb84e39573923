/**
 * Why one connection showed no certificate.
 *
 * - `refused`, `unreachable`, `unresolvable`: no TCP connection;
 * - `timeout`: nothing more came within the time of one probe;
 * - `closed`: the peer ended or reset the connection before the handshake was complete;
 * - `versionNotOffered`: the server speaks TLS, but not this version;
 * - `alert`: the server ended the handshake with another TLS alert, named in `alert`;
 * - `notTls`: what came back is no TLS;
 * - `badHandshake`: the handshake broke a rule of TLS, such as a signature by another key;
 * - `startTlsNotOffered`, `startTlsRefused`: the protocol's own upgrade to TLS failed;
 * - `startTlsInjection`: bytes arrived in clear text after the upgrade was agreed, which TLS would then have trusted;
 * - `aborted`: the caller gave up.
 */
export type ProbeFailureKind =
  | "refused"
  | "unreachable"
  | "unresolvable"
  | "timeout"
  | "closed"
  | "versionNotOffered"
  | "alert"
  | "notTls"
  | "badHandshake"
  | "startTlsNotOffered"
  | "startTlsRefused"
  | "startTlsInjection"
  | "aborted";

export interface ProbeFailure {
  kind: ProbeFailureKind;
  message: string;
  /** The name of the TLS alert, as in RFC 8446 section 6. */
  alert?: string;
}

/** How a failure travels inside this folder; callers of a probe get the {@link ProbeFailure}, never this. */
export class ProbeError extends Error {
  constructor(
    readonly kind: ProbeFailureKind,
    message: string,
  ) {
    super(message);
    this.name = "ProbeError";
  }
}

/** What a peer said, made safe for a terminal: control characters replaced, cut to a line. */
export function printable(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]+/g, "?");
  return clean.length > 120 ? `${clean.slice(0, 120)}…` : clean;
}
