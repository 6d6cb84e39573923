import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { Plugin } from "./plugin";
import { type RecordedCall, providerService } from "./providerService";

export interface Plugins {
  /** Of every command of the CLI that is to use them. */
  readonly env: { PULUMI_DEBUG_PROVIDERS: string };
  /** In the order in which the engine made them. */
  readonly calls: RecordedCall[];
  stop(): Promise<void>;
}

/**
 * Serves stand-ins for plugins in this process; the engine connects to them in place of plugins of its own
 * (`PULUMI_DEBUG_PROVIDERS`, pulumi/pulumi sdk/go/common/resource/plugin). They stay for as many runs as one likes.
 *
 * @example
 *   const plugins = await startPlugins({ kubernetes: kubernetesPlugin() });
 *   await stack.up({ env: plugins.env });
 */
export async function startPlugins(plugins: { kubernetes?: Plugin; aws?: Plugin }): Promise<Plugins> {
  const calls: RecordedCall[] = [];
  const servers: Server[] = [];
  const addresses: string[] = [];
  for (const [name, plugin] of Object.entries(plugins)) {
    const server = new Server({ "grpc.max_receive_message_length": -1 });
    server.addService(ResourceProviderService, providerService(plugin, calls));
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
    servers.push(server);
    addresses.push(`${name}:${port}`);
  }
  return {
    env: { PULUMI_DEBUG_PROVIDERS: addresses.join(",") },
    calls,
    stop: async () => servers.forEach((server) => server.forceShutdown()),
  };
}
