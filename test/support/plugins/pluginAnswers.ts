import { Metadata, type ServiceError, type handleUnaryCall, status } from "@grpc/grpc-js";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { type Difference, PartialFailure } from "./plugin";
import { type PropertyValues, toStruct } from "./propertyValues";

/** How a provider's own configuration changed, where its plugin does not say. */
export function topLevelChanges(olds: PropertyValues, news: PropertyValues): Difference["changes"] {
  const text = (value: unknown) => JSON.stringify(value, (_key, inner) => (typeof inner === "symbol" ? null : inner));
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
  const changed = keys.filter((key) => text(olds[key]) !== text(news[key]));
  return Object.fromEntries(changed.map((key) => [key, { kind: "update", inputDiff: true }]));
}

export function diffResponse({ changes, deleteBeforeReplace = false }: Difference): messages.DiffResponse {
  const { Kind } = messages.PropertyDiff;
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const kinds = { add: Kind.ADD, delete: Kind.DELETE, update: Kind.UPDATE };
  const replacing = { add: Kind.ADD_REPLACE, delete: Kind.DELETE_REPLACE, update: Kind.UPDATE_REPLACE };
  const paths = Object.keys(changes);
  const response = new messages.DiffResponse()
    .setChanges(paths.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList([...new Set(paths.map((path) => /^[^.[]*/.exec(path)![0]))])
    .setReplacesList(paths.filter((path) => changes[path]!.replaces))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const [path, { kind, replaces, inputDiff = false }] of Object.entries(changes)) {
    const difference = new messages.PropertyDiff().setInputdiff(inputDiff);
    response.getDetaileddiffMap().set(path, difference.setKind((replaces ? replacing : kinds)[kind]));
  }
  return response;
}

/** A method of the service; what it throws reaches the engine with its own text. */
export function answer<Request>(
  method: (request: Request, peer: string) => Promise<unknown>,
): handleUnaryCall<Request, any> {
  return (call, callback) => {
    method(call.request, call.getPeer()).then(
      (response) => callback(null, response),
      (error: unknown) => callback(serviceError(error)),
    );
  };
}

function serviceError(error: unknown): Partial<ServiceError> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof PartialFailure)) return { code: status.UNKNOWN, details: message };
  const { id, outputs, inputs, reasons } = error.partial;
  const recorded = new messages.ErrorResourceInitFailed()
    .setId(id)
    .setProperties(toStruct(outputs))
    .setInputs(toStruct(inputs))
    .setReasonsList([...reasons]);
  const detail = new Any();
  detail.pack(recorded.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const metadata = new Metadata();
  const trailer = new Status();
  trailer.setCode(status.UNKNOWN);
  trailer.setMessage(message);
  trailer.addDetails(detail);
  metadata.add("grpc-status-details-bin", Buffer.from(trailer.serializeBinary()));
  return { code: status.UNKNOWN, details: message, metadata };
}
