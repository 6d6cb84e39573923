export interface EnvoyPlace {
  /** Of the files that are deployed. */
  readonly directory: string;
  readonly port: number;
  /** The port or the Unix socket of the admin interface. */
  readonly admin: number | string;
  /** The secret by whose roots clients are verified, if they are. */
  readonly trustBundleName?: string | undefined;
}

/** An Envoy that answers every request over TLS with 200, its certificate from the secret `web`. */
export function envoyConfiguration({ directory, port, admin, trustBundleName }: EnvoyPlace): string {
  const listensOn = (value: number): object => ({ socket_address: { address: "127.0.0.1", port_value: value } });
  const secret = (name: string): object => ({
    name,
    sds_config: { path_config_source: { path: `${directory}/${name}.json` }, resource_api_version: "V3" },
  });
  const type = (name: string): object => ({ "@type": `type.googleapis.com/envoy.extensions.${name}` });
  const tls = {
    ...type("transport_sockets.tls.v3.DownstreamTlsContext"),
    // Every handshake of a test is to show the certificate.
    disable_stateless_session_resumption: true,
    disable_stateful_session_resumption: true,
    common_tls_context: {
      tls_certificate_sds_secret_configs: [secret("web")],
      ...(trustBundleName !== undefined && { validation_context_sds_secret_config: secret(trustBundleName) }),
    },
  };
  const router = { name: "envoy.filters.http.router", typed_config: type("filters.http.router.v3.Router") };
  const answer = { match: { prefix: "/" }, direct_response: { status: 200 } };
  const http = {
    ...type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "web",
    route_config: { virtual_hosts: [{ name: "web", domains: ["*"], routes: [answer] }] },
    http_filters: [router],
  };
  const chain = {
    transport_socket: { name: "envoy.transport_sockets.tls", typed_config: tls },
    filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: http }],
  };
  return JSON.stringify({
    node: { id: "web", cluster: "web" },
    admin: { address: typeof admin === "number" ? listensOn(admin) : { pipe: { path: admin, mode: 0o600 } } },
    static_resources: { listeners: [{ name: "web", address: listensOn(port), filter_chains: [chain] }] },
  });
}
