/** The alerts of RFC 8446 section 6 and RFC 5246 section 7.2, by number. */
const names: Readonly<Record<number, string>> = {
  0: "close_notify",
  10: "unexpected_message",
  20: "bad_record_mac",
  22: "record_overflow",
  40: "handshake_failure",
  41: "no_certificate",
  42: "bad_certificate",
  43: "unsupported_certificate",
  44: "certificate_revoked",
  45: "certificate_expired",
  46: "certificate_unknown",
  47: "illegal_parameter",
  48: "unknown_ca",
  49: "access_denied",
  50: "decode_error",
  51: "decrypt_error",
  70: "protocol_version",
  71: "insufficient_security",
  80: "internal_error",
  86: "inappropriate_fallback",
  90: "user_canceled",
  100: "no_renegotiation",
  109: "missing_extension",
  110: "unsupported_extension",
  112: "unrecognized_name",
  113: "bad_certificate_status_response",
  115: "unknown_psk_identity",
  116: "certificate_required",
  120: "no_application_protocol",
};

/** What a server sends when it wanted a client certificate and got none, by TLS version and library. */
const clientCertificateAlerts = new Set([
  "handshake_failure",
  "no_certificate",
  "bad_certificate",
  "certificate_unknown",
  "unknown_ca",
  "access_denied",
  "certificate_required",
]);

/** The alert that the peer sent, if this is how OpenSSL reports a received one. */
export function receivedAlert(error: NodeJS.ErrnoException): string | undefined {
  const match = /SSL alert number (\d{1,3})\b/.exec(error.message);
  if (match?.[1] === undefined) return undefined;
  const number = Number(match[1]);
  return names[number] ?? `alert ${String(number)}`;
}

export function meansClientCertificateMissing(alert: string): boolean {
  return clientCertificateAlerts.has(alert);
}
