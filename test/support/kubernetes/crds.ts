import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { providedProgram } from "../providedPrograms";
import { until } from "../until";
import type { ApiServer } from "./apiServer";
import type { Manifest } from "./client";

/** Whose custom resources, and as what tools/kubernetes.mjs provides their definitions. */
const files = {
  "gateway-api": "gateway-api-crds",
  istio: "istio-crds",
  "cert-manager": "cert-manager-crds",
} as const;

/**
 * Installs the custom resource definitions that a project publishes.
 *
 * @param kinds only these, such as `Gateway`
 */
export async function installCrds(
  server: ApiServer,
  project: keyof typeof files,
  kinds?: readonly string[],
): Promise<void> {
  const path = providedProgram(files[project]);
  if (path === undefined)
    throw new Error("There are no definitions: the test has to say that it needs kube-apiserver.");
  const definitions = parseAllDocuments(readFileSync(path, "utf8"))
    .map((document): Manifest & { spec?: any } => document.toJS())
    .filter((object) => object?.kind === "CustomResourceDefinition")
    .filter(({ spec }) => kinds === undefined || kinds.includes(spec.names.kind));
  await Promise.all(definitions.map((definition) => server.apply(definition)));
  await Promise.all(
    definitions.map(({ metadata, spec }) =>
      until(`${metadata.name} to be served`, async () => {
        const { status: state } = await server.get(
          `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`,
        );
        const conditions: { type: string; status: string }[] = state?.conditions ?? [];
        if (!conditions.some(({ type, status }) => type === "Established" && status === "True")) return false;
        const stored = spec.versions.find(({ storage }: any) => storage).name;
        const { status, body } = await server.request("GET", `/apis/${spec.group}/${stored}`);
        return status === 200 && body.resources.some(({ kind }: any) => kind === spec.names.kind);
      }),
    ),
  );
}
