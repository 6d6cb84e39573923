import { PartialFailure } from "../plugin";
import type { PropertyValues } from "../propertyValues";
import { type Manifest, StatusError } from "./cluster";
import { checkpoint, marked, qualifiedName } from "./inputs";

/** Forbidden, already there, in a namespace that is not there yet: the preview shows the inputs. */
export function isNoPreview(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return (
    error.code === 403 ||
    error.reason === "AlreadyExists" ||
    (error.code === 404 && error.details.kind === "namespaces")
  );
}

/** The object is there, and is recorded as it is. */
export function partial(
  message: string,
  live: Manifest,
  reasons: readonly string[],
  inputs: Manifest,
  from: PropertyValues,
  fieldManager: string,
  id = qualifiedName(live),
): PartialFailure {
  const outputs = checkpoint(inputs, live, from, fieldManager);
  return new PartialFailure(message, {
    id,
    outputs,
    inputs: marked(inputs, from) as PropertyValues,
    reasons: [message, ...reasons],
  });
}

/** What a refresh or a deletion says where the cluster does not answer. */
export function unreachable(what: string): Error {
  return new Error(
    `${what}. If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the ` +
      'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
  );
}
