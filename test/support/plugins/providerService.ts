import type { handleUnaryCall } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Plugin, Provider } from "./plugin";
import { answer, diffResponse, topLevelChanges } from "./pluginAnswers";
import { fromStruct, toStruct } from "./propertyValues";

/** A call of a provider that changes something, or would in a preview. */
export interface RecordedCall {
  readonly method: "create" | "update" | "delete" | "read";
  readonly urn: string;
  readonly preview: boolean;
}

/** The methods of pulumi/pulumi proto/pulumi/provider.proto that the engine calls for resources of a program. */
export function providerService(plugin: Plugin, calls: RecordedCall[]): Record<string, handleUnaryCall<any, any>> {
  /** Each provider of a run has a connection of its own. */
  const connections = new Map<string, { provider: Provider; cancel: AbortController }>();
  const connection = (peer: string) => {
    const found = connections.get(peer);
    if (found === undefined) throw new Error("The provider is not configured.");
    return found;
  };
  const resource = (request: { getUrn(): string; getType(): string; getName(): string }) => ({
    urn: request.getUrn(),
    type: request.getType(),
    name: request.getName(),
  });
  const read = (struct: Parameters<typeof fromStruct>[0]) => fromStruct(struct, plugin.acceptsSecrets);
  const diffed = (request: messages.DiffRequest | messages.UpdateRequest) => ({
    ...resource(request),
    id: request.getId(),
    oldInputs: read(request.getOldInputs()),
    olds: read(request.getOlds()),
    news: read(request.getNews()),
    ignoreChanges: request.getIgnorechangesList(),
  });
  return {
    attach: answer(async () => new Empty()),
    getPluginInfo: answer(async () => new PluginInfo().setVersion(plugin.version)),
    checkConfig: answer<messages.CheckRequest>(async (request) =>
      new messages.CheckResponse().setInputs(request.getNews()),
    ),
    diffConfig: answer<messages.DiffRequest>(async (request) => {
      const [olds, news] = [fromStruct(request.getOldInputs()), fromStruct(request.getNews())];
      return diffResponse(plugin.diffConfig?.(olds, news) ?? { changes: topLevelChanges(olds, news) });
    }),
    configure: answer<messages.ConfigureRequest>(async (request, peer) => {
      const provider = await plugin.configure(fromStruct(request.getArgs()));
      connections.set(peer, { provider, cancel: new AbortController() });
      return new messages.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(plugin.acceptsSecrets ?? false);
    }),
    check: answer<messages.CheckRequest>(async (request, peer) => {
      const { inputs, failures = [] } = await connection(peer).provider.check({
        ...resource(request),
        olds: read(request.getOlds()),
        news: read(request.getNews()),
        randomSeed: Buffer.from(request.getRandomseed_asU8()).toString("hex"),
      });
      return new messages.CheckResponse()
        .setInputs(toStruct(inputs))
        .setFailuresList(
          failures.map(({ property = "", reason }) =>
            new messages.CheckFailure().setProperty(property).setReason(reason),
          ),
        );
    }),
    diff: answer<messages.DiffRequest>(async (request, peer) =>
      diffResponse(await connection(peer).provider.diff(diffed(request))),
    ),
    create: answer<messages.CreateRequest>(async (request, peer) => {
      const { provider, cancel } = connection(peer);
      const preview = request.getPreview();
      calls.push({ method: "create", urn: request.getUrn(), preview });
      const created = await provider.create({
        ...resource(request),
        news: read(request.getProperties()),
        preview,
        timeout: request.getTimeout(),
        cancelled: cancel.signal,
      });
      return new messages.CreateResponse().setId(preview ? "" : created.id).setProperties(toStruct(created.outputs));
    }),
    update: answer<messages.UpdateRequest>(async (request, peer) => {
      const { provider, cancel } = connection(peer);
      const preview = request.getPreview();
      calls.push({ method: "update", urn: request.getUrn(), preview });
      const timeout = request.getTimeout();
      const outputs = await provider.update({ ...diffed(request), preview, timeout, cancelled: cancel.signal });
      return new messages.UpdateResponse().setProperties(toStruct(outputs));
    }),
    delete: answer<messages.DeleteRequest>(async (request, peer) => {
      const { provider, cancel } = connection(peer);
      calls.push({ method: "delete", urn: request.getUrn(), preview: false });
      await provider.delete({
        ...resource(request),
        id: request.getId(),
        olds: read(request.getProperties()),
        oldInputs: read(request.getOldInputs()),
        timeout: request.getTimeout(),
        cancelled: cancel.signal,
      });
      return new Empty();
    }),
    read: answer<messages.ReadRequest>(async (request, peer) => {
      calls.push({ method: "read", urn: request.getUrn(), preview: false });
      const found = await connection(peer).provider.read({
        ...resource(request),
        id: request.getId(),
        olds: read(request.getProperties()),
        oldInputs: read(request.getInputs()),
      });
      if (found === undefined) return new messages.ReadResponse();
      return new messages.ReadResponse()
        .setId(found.id)
        .setProperties(toStruct(found.outputs))
        .setInputs(toStruct(found.inputs));
    }),
    invoke: answer<messages.InvokeRequest>(async (request, peer) => {
      const { provider } = connection(peer);
      if (provider.invoke === undefined) throw new Error(`The function ${request.getTok()} is not known.`);
      const result = await provider.invoke(request.getTok(), read(request.getArgs()));
      return new messages.InvokeResponse().setReturn(toStruct(result));
    }),
    cancel: answer(async (_request, peer) => {
      connections.get(peer)?.cancel.abort();
      return new Empty();
    }),
  };
}
