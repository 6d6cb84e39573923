import type { ApiServer } from "./apiServer";

/** A rule as it stands in a role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Gives a group these rights, in the whole cluster, and no others. */
export async function grant(server: ApiServer, group: string, rules: readonly Rule[]): Promise<void> {
  const api = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const metadata = { name: group };
  await server.apply({ ...api, kind: "ClusterRole", metadata, rules });
  await server.apply({
    ...api,
    kind: "ClusterRoleBinding",
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: group },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }],
  });
}
