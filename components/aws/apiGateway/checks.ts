import { refusal } from "../../refuse";
import type { ApiGatewayDomainNameArgs } from "./args";
import { isImported } from "../acm/attachedCertificate";

/** What API Gateway refuses of arguments that do not go together (API Gateway developer guide, custom domain names). */
export function checkDomainNameArguments(args: ApiGatewayDomainNameArgs): void {
  const { kind = "rest", endpointType = "regional", clientTrust, certificate, ownershipCertificate } = args;
  if (kind === "http" && endpointType === "edge")
    throw refusal("endpointType", "HTTP and WebSocket APIs have no edge-optimized domain names.", 'Use "regional".');
  if (kind === "http" && args.endpointAccessMode !== undefined)
    throw refusal("endpointAccessMode", "only REST APIs have it.", 'Leave it out, or use kind: "rest".');
  if (clientTrust !== undefined && endpointType === "edge")
    throw refusal(
      "clientTrust",
      "edge-optimized domain names do not ask clients for certificates.",
      'Use endpointType: "regional".',
    );
  if (clientTrust !== undefined && ownershipCertificate === undefined && isImported(certificate))
    throw refusal(
      "ownershipCertificate",
      "API Gateway asks for it where clients present certificates and its own was imported: it proves whose domain this is.",
      "Give a certificate of the same name that ACM issues publicly, such as an AcmCertificate, or use that one as certificate.",
    );
}

/** TLS policies: those that begin with `SecurityPolicy_` are for REST APIs alone, and without client certificates. */
export function checkSecurityPolicy(
  policy: string,
  { kind = "rest", clientTrust, endpointAccessMode }: ApiGatewayDomainNameArgs,
): void {
  const isEnhanced = policy.startsWith("SecurityPolicy_");
  if (kind === "http" && policy !== "TLS_1_2")
    throw refusal("securityPolicy", `HTTP and WebSocket APIs do not offer "${policy}".`, 'Use "TLS_1_2".');
  if (!isEnhanced && endpointAccessMode !== undefined)
    throw refusal(
      "endpointAccessMode",
      `it goes with security policies that begin with SecurityPolicy_, and this is "${policy}".`,
      "Leave it out, or choose such a policy.",
    );
  if (!isEnhanced) return;
  if (clientTrust !== undefined)
    throw refusal(
      "securityPolicy",
      `"${policy}" does not go with clientTrust.`,
      'Use "TLS_1_2", which offers TLS 1.3, too.',
    );
  if (endpointAccessMode === undefined)
    throw refusal(
      "endpointAccessMode",
      `"${policy}" needs it.`,
      'Use "STRICT"; for a domain name that is in service "BASIC" first, until its logs show that no client would be refused.',
    );
}
