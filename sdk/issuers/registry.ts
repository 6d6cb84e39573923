import { CertificatesError } from "../errors";
import { certificateAuthorityIssuer } from "./certificateAuthority";
import type { IssuerKind } from "./issuer";
import { selfSignedIssuer } from "./selfSigned";

/** Loaded by the first order: a stack without one does not wait for it. */
const acmeIssuer: IssuerKind = {
  kind: "acme",
  trust: "public",
  issue: (request, credentials) => (require("./acme") as typeof import("./acme")).issueByAcme(request, credentials),
};

/** Every kind of issuer: one file and one line each. */
export const issuerKinds = [certificateAuthorityIssuer, selfSignedIssuer, acmeIssuer] as const;

const byKind: ReadonlyMap<string, IssuerKind> = new Map(issuerKinds.map((kind) => [kind.kind, kind]));

export function issuerKind(kind: string): IssuerKind {
  const found = byKind.get(kind);
  if (found === undefined) {
    throw new CertificatesError("InvalidArgument", `issuer: "${kind}" is no kind of issuer.`, {
      hint: `Known kinds: ${[...byKind.keys()].join(", ")}.`,
    });
  }
  return found;
}
