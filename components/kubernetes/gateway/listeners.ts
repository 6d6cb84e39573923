import * as pulumi from "@pulumi/pulumi";
import { refuseUncovered } from "../../hosts";
import { checked, refusal } from "../../refuse";

/** A listener that serves the certificate (gateway-api.sigs.k8s.io, Listener). */
export interface GatewayListenerArgs {
  /** Its name, one of its own on the Gateway; routes may name it. Changing it **updates in place**. @default the protocol and the host name, `https-web-example-com` */
  name?: pulumi.Input<string>;
  /** The host for which it is; `*.example.com` stands for hosts with any labels in place of the `*`. Changing it **updates in place**. @default every host */
  hostname?: pulumi.Input<string>;
  /** Changing it **updates in place**. @default 443 */
  port?: pulumi.Input<number>;
  /** `HTTPS` for HTTPRoutes, `TLS` for TLSRoutes and TCPRoutes. Changing it **updates in place**. @default `HTTPS` */
  protocol?: "HTTPS" | "TLS";
  /** Which routes it takes, as in the Gateway API. Changing it **updates in place**. @default routes of the same namespace */
  allowedRoutes?: pulumi.Input<Record<string, unknown>>;
}

/** A listener as it stands in `spec.listeners`. */
interface Listener {
  readonly name: string;
}

/** The listeners, each of which terminates TLS with the secret. */
export function listenersOf(
  listeners: readonly GatewayListenerArgs[] | undefined,
  dnsNames: pulumi.Output<string[]>,
  reference: pulumi.Inputs,
): pulumi.Output<Listener[]> {
  const tls = { mode: "Terminate", certificateRefs: [reference] };
  if (listeners === undefined)
    return pulumi.all([dnsNames, tls]).apply(([names, bound]) => {
      if (names.length === 0)
        throw refusal("listeners", "the certificate has no DNS names for which to listen.", "Give the listeners.");
      return names.map((hostname) => ({
        name: nameFor("HTTPS", hostname),
        hostname,
        port: 443,
        protocol: "HTTPS",
        tls: bound,
      }));
    });
  if (listeners.length === 0)
    throw refusal("listeners", "a Gateway needs at least one.", "Give one, or leave `listeners` out.");
  return pulumi
    .all(
      listeners.map((args, index) => {
        const { protocol = "HTTPS", port = 443, hostname, allowedRoutes } = args;
        const property = `listeners[${index}]`;
        if (!["HTTPS", "TLS"].includes(protocol))
          throw refusal(`${property}.protocol`, `"${String(protocol)}" serves no certificate.`, "Give HTTPS or TLS.");
        checked(pulumi.all([hostname, dnsNames]), ([host, names]) => {
          if (host !== undefined) refuseUncovered(`${property}.hostname`, host, names);
        });
        return pulumi.output({
          name: args.name ?? pulumi.output(hostname).apply((host) => nameFor(protocol, host)),
          ...(hostname !== undefined && { hostname }),
          ...{ port, protocol, tls },
          ...(allowedRoutes !== undefined && { allowedRoutes }),
        });
      }),
    )
    .apply(refuseTwice);
}

function nameFor(protocol: string, hostname: string | undefined): string {
  const host = hostname === undefined ? [] : [hostname.toLowerCase().replace("*", "wildcard").replaceAll(".", "-")];
  return [protocol.toLowerCase(), ...host].join("-");
}

function refuseTwice<Each extends Listener>(listeners: Each[]): Each[] {
  for (const [index, { name }] of listeners.entries())
    if (listeners.findIndex((other) => other.name === name) !== index)
      throw refusal(
        `listeners[${index}].name`,
        `another listener is named "${name}", too.`,
        "Give each a name of its own.",
      );
  return listeners;
}
