import { networkInterfaces } from "node:os";
import { ProbeError, type ProbeFailure } from "./probeFailure";
import { receivedAlert } from "./tlsAlerts";

/** What was being done when it failed. */
export type ProbeStage = "connecting" | "upgrading to TLS" | "TLS handshake";

const closedCodes = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);
const unreachableCodes = new Set(["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "ENETDOWN", "EACCES", "EPERM"]);
const notTlsCodes = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_UNKNOWN_PROTOCOL",
  "ERR_SSL_BAD_RECORD_TYPE",
  "ERR_SSL_RECORD_LAYER_FAILURE",
]);

/** Turns what the network or OpenSSL threw into one of the kinds, with a sentence for people. */
export function classifyFailure(thrown: unknown, stage: ProbeStage, address: string): ProbeFailure {
  if (thrown instanceof ProbeError) return { kind: thrown.kind, message: thrown.message };
  const error = thrown as NodeJS.ErrnoException;
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") return { kind: "refused", message: "connection refused: nothing listens there" };
  if (code === "ETIMEDOUT") return { kind: "timeout", message: "no answer to the connection attempt" };
  if (unreachableCodes.has(code)) return { kind: "unreachable", message: unreachable(code, address) };
  if (closedCodes.has(code)) {
    return { kind: "closed", message: `the server closed the connection while ${inProgress(stage)}` };
  }
  const alert = receivedAlert(error);
  if (alert === "protocol_version" || code === "ERR_SSL_UNSUPPORTED_PROTOCOL") {
    return { kind: "versionNotOffered", message: "the server does not offer this TLS version" };
  }
  if (alert !== undefined) {
    return { kind: "alert", alert, message: `the server ended the TLS handshake with the alert ${alert}` };
  }
  if (notTlsCodes.has(code)) {
    return { kind: "notTls", message: "what answers there does not speak TLS (wrong port or wrong protocol?)" };
  }
  return { kind: "badHandshake", message: `the ${stage} failed: ${opensslReason(error)}` };
}

function inProgress(stage: ProbeStage): string {
  return stage === "TLS handshake" ? "shaking hands" : stage;
}

function unreachable(code: string, address: string): string {
  if (address.includes(":") && address !== "::1" && !machineHasIpv6()) {
    return `this machine has no IPv6 (${code}), so the address cannot be checked from here; name the IPv4 address as the endpoint, or run where IPv6 works`;
  }
  return `no route to the address from this machine (${code})`;
}

function machineHasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((one) => one.family === "IPv6" && !one.internal && !one.address.startsWith("fe80")),
  );
}

/** OpenSSL's own words without thread ids and source paths. */
function opensslReason(error: NodeJS.ErrnoException & { reason?: unknown }): string {
  if (typeof error.reason === "string" && error.reason !== "") return error.reason;
  return error.message.replace(/^[0-9A-F]+:error:[0-9A-F]+:/, "").split(":../")[0] ?? error.message;
}
