import type * as pulumi from "@pulumi/pulumi";
import type { SshArgs } from "../targets/hosts/sshSpec";
import type { EndpointProtocol } from "../verify/endpoint";

/** A place where a certificate is served. */
export interface EndpointArgs {
  /**
   * A host name or an IP address, without scheme, brackets or port. Of a host name every IPv4 and IPv6 address is
   * asked, each time anew.
   */
  address: pulumi.Input<string>;
  /** The TCP port. @default the protocol's own: 443, for `smtp` 25, for `postgresql` 5432 */
  port?: pulumi.Input<number>;
  /**
   * The name sent in the TLS Server Name Indication (RFC 6066, 3), by which a server with several certificates chooses.
   * @default the certificate's first DNS name; none is sent for a certificate without one
   */
  serverName?: pulumi.Input<string>;
  /**
   * `tls` for HTTPS and everything else that starts with TLS; `smtp` for STARTTLS (RFC 3207); `postgresql` for its
   * SSLRequest. @default `tls`
   */
  protocol?: pulumi.Input<EndpointProtocol>;
  /**
   * From where it is asked: `runner`, the machine that runs Pulumi, or `ssh({ … })`, a host in a network that the
   * runner does not reach. That host resolves the address and makes the connections, which its SSH server must allow
   * (`AllowTcpForwarding local`); what is served is judged as ever. A private key in it is write-only. @default `runner`
   */
  from?: pulumi.Input<"runner"> | SshArgs;
}
