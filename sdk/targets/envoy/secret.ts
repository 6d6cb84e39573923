import { join } from "node:path";

/** A secret of Envoy in a directory: its name is that of its files, too. */
export interface NamedSecret {
  readonly directory: string;
  readonly name: string;
}

/** The files of a secret: `definition` is what Envoy's configuration names (`path_config_source`). */
export function secretFiles(name: string): { readonly pem: string; readonly key: string; readonly definition: string } {
  return { pem: `${name}.pem`, key: `${name}.key`, definition: `${name}.json` };
}

/** A certificate and its key, as Envoy's secret discovery service has it (`type.v3.Secret`). */
export function certificateSecret({ directory, name }: NamedSecret): string {
  const { pem, key } = secretFiles(name);
  return discoveryResponse(name, {
    tls_certificate: {
      certificate_chain: { filename: join(directory, pem) },
      private_key: { filename: join(directory, key) },
      watched_directory: { path: directory },
    },
  });
}

/** The roots by which peers are verified. */
export function trustBundleSecret({ directory, name }: NamedSecret): string {
  return discoveryResponse(name, {
    validation_context: {
      trusted_ca: { filename: join(directory, secretFiles(name).pem) },
      watched_directory: { path: directory },
    },
  });
}

/** Envoy takes one secret a file. It does not change: what it names does. */
function discoveryResponse(name: string, secret: object): string {
  const type = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  return `${JSON.stringify({ resources: [{ "@type": type, name, ...secret }] }, undefined, 2)}\n`;
}
