import type * as pulumi from "@pulumi/pulumi";
import type { SolverArgsBySlot } from "../solvers/registry";

/** For which names a solver is used, and what it is: exactly one of the four challenges. */
export interface SolverArgs {
  /** Exact names, `*.example.com` for a wildcard. @default all names */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** These zones and everything below them. @default all names */
  dnsZones?: pulumi.Input<pulumi.Input<string>[]>;
  /** Answers over HTTP on port 80 of the name (RFC 8555, 8.3): `standalone()`, `webroot({ path })`, `exec({ … })`. Changing it takes effect with the next order. @default none */
  http01?: SolverArgsBySlot["http01"];
  /** Answers in a TLS handshake on port 443 of the name (RFC 8737): `standalone()`. Changing it takes effect with the next order. @default none */
  tlsAlpn01?: SolverArgsBySlot["tlsAlpn01"];
  /** Answers by a TXT record (RFC 8555, 8.4): `route53({ … })`, `rfc2136({ … })` and the like. Changing it takes effect with the next order. @default none */
  dns01?: SolverArgsBySlot["dns01"];
  /** A TXT record that stays (draft-ietf-acme-dns-persist): `persistentRecord()`. Changing it takes effect with the next order. @default none */
  dnsPersist01?: SolverArgsBySlot["dnsPersist01"];
}
