import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repository } from "./provide";

/** Program → the tool that builds or installs it. */
const tools = {
  pebble: "pebble.mjs",
  challtestsrv: "pebble.mjs",
  moto_server: "moto.mjs",
  aws: "moto.mjs",
  envoy: "envoy.mjs",
  "kube-apiserver": "kubernetes.mjs",
  etcd: "kubernetes.mjs",
  "gateway-api-crds": "kubernetes.mjs",
  "istio-crds": "kubernetes.mjs",
  "cert-manager-crds": "kubernetes.mjs",
  "cert-manager": "certManager.mjs",
} as const;

export type ProvidedProgram = keyof typeof tools;

const toolMissing = 3;
const provided = new Map<string, Readonly<Record<string, string>>>();

export function isProvided(name: string): name is ProvidedProgram {
  return Object.hasOwn(tools, name);
}

/** The path of a program, which is built or installed if need be. Undefined where that is not possible; a failure is an error. */
export function providedProgram(name: ProvidedProgram): string | undefined {
  const file = tools[name];
  let paths = provided.get(file);
  if (paths === undefined) {
    const tool = spawnSync(process.execPath, [join(repository, "tools", file)], { encoding: "utf8" });
    if (tool.status === toolMissing) return undefined;
    if (tool.status !== 0) throw new Error(tool.stderr);
    paths = JSON.parse(tool.stdout) as Record<string, string>;
    provided.set(file, paths);
  }
  return paths[name];
}
