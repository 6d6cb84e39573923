import { readFileSync } from "node:fs";
import { providedProgram } from "../providedPrograms";
import { until } from "../until";
import type { ApiServer } from "./apiServer";
import { accepted } from "./client";

/** Whose custom resources, and as what tools/kubernetes.mjs provides their definitions. */
const files = {
  "gateway-api": "gateway-api-crds",
  istio: "istio-crds",
  "cert-manager": "cert-manager-crds",
} as const;

const collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/**
 * Installs the custom resource definitions that a project publishes. Resolves when they are served.
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
  // They are large, and the API server reads YAML faster.
  const documents = readFileSync(path, "utf8")
    .split(/^---$/m)
    .filter((text) => /^kind: CustomResourceDefinition$/m.test(text))
    .filter((text) => kinds === undefined || kinds.includes(found(text, /^ {4}kind: (\S+)$/m)));
  await Promise.all(documents.map((text) => install(server, text)));
}

async function install(server: ApiServer, text: string): Promise<void> {
  const path = `${collection}/${found(text, /^ {2}name: (\S+)$/m)}`;
  const headers = { "content-type": "application/apply-patch+yaml" };
  const query = "fieldManager=tests&force=true";
  const { spec } = accepted(path, await server.request("PATCH", `${path}?${query}`, text, headers));
  const { group, names, versions } = spec;
  const version: string = versions.find(({ storage }: any) => storage).name;
  await until(`${names.plural}.${group} to be served`, async () => {
    const { status: state } = await server.get(path);
    const conditions: { type: string; status: string }[] = state?.conditions ?? [];
    if (!conditions.some(({ type, status }) => type === "Established" && status === "True")) return false;
    const { status, body } = await server.request("GET", `/apis/${group}/${version}`);
    return status === 200 && body.resources.some(({ kind }: any) => kind === names.kind);
  });
}

function found(text: string, pattern: RegExp): string {
  const [, value] = pattern.exec(text) ?? [];
  if (value === undefined) throw new Error(`No ${String(pattern)} in a definition:\n${text.slice(0, 500)}`);
  return value;
}
