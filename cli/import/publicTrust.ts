import { readCertificateFields } from "../../sdk/x509/fields";
import { objectIdentifier } from "../../sdk/x509/der";
import { oids } from "../../sdk/x509/extensions";
import type { Candidate } from "./consider";

/** The arc of the CA/Browser Forum's certificate policies, 2.23.140.1, which all public TLS certificates bear. */
const forumPolicies = objectIdentifier("2.23.140.1").subarray(2);

/** Whether a public or ACME CA issued it: then only names and key are the subscriber's to choose. */
export function isFromPublicCa({ facts, directory }: Candidate): boolean {
  if (directory !== undefined) return true;
  const policies = readCertificateFields(facts.certificate.raw).extensions.get(oids.certificatePolicies);
  return policies !== undefined && policies.value.includes(forumPolicies);
}
