import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../childServer";
import { providedProgram } from "../providedPrograms";
import type { ApiServer } from "./apiServer";
import { installCrds } from "./crds";

/** The controllers of cert-manager in a cluster: CA and self-signed issuers, ACME accounts, annotations of ingresses. */
export interface CertManager {
  output(): string;
  stop(): Promise<void>;
}

/**
 * Installs its custom resources and starts it. Needs `cert-manager`.
 *
 * @param clusterResourceNamespace where cluster issuers have their secrets; it is there already
 */
export async function startCertManager(
  server: ApiServer,
  clusterResourceNamespace = "cert-manager",
): Promise<CertManager> {
  const program = providedProgram("cert-manager");
  if (program === undefined) throw new Error("There is no cert-manager: the test has to say that it needs it.");
  await installCrds(server, "cert-manager");
  const folder = mkdtempSync(join(tmpdir(), "cert-manager-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, server.kubeconfig({ name: "cert-manager", groups: ["system:masters"] }), { mode: 0o600 });
  const child = startChild(program, [
    `--kubeconfig=${kubeconfig}`,
    `--cluster-resource-namespace=${clusterResourceNamespace}`,
  ]);
  const stop = async (): Promise<void> => {
    await child.stop("SIGKILL");
    rmSync(folder, { recursive: true });
  };
  try {
    await child.wrote(/controllers run/);
  } catch (error) {
    await stop();
    throw error;
  }
  return { output: () => child.output(), stop };
}
