import type * as pulumi from "@pulumi/pulumi";
import type { Explanation } from "../../../../components/explain";
import {
  configMapExplanations,
  gatewayExplanations,
  ingressExplanations,
  objectExplanations,
  secretExplanations,
  workloadExplanations,
} from "../../../../components/kubernetes/explanations";

/** What a resource called `tls` in the namespace `site` says of a message. */
function said(explanations: readonly Explanation[], kind: string, message: string): string | undefined {
  const args = {
    type: `kubernetes:core/v1:${kind}`,
    newInputs: { metadata: { name: "tls", namespace: "site" } },
  } as unknown as pulumi.ErrorHookArgs;
  for (const { when, fix } of explanations) {
    const match = when.exec(message);
    if (match !== null) return typeof fix === "string" ? fix : fix(match, args);
  }
  return undefined;
}

test.each<[string, readonly Explanation[], string, string, string | RegExp]>([
  [
    "a secret of another Pulumi resource",
    secretExplanations,
    "SecretPatch",
    'Apply failed with 1 conflict: conflict with "pulumi-kubernetes-51b738f0": .data.tls.crt',
    /^Another Pulumi resource \("pulumi-kubernetes-51b738f0"\).* manages the Secret "tls" in the namespace "site"/,
  ],
  [
    "a secret of another manager",
    secretExplanations,
    "Secret",
    'Apply failed with 2 conflicts: conflicts with "argocd-controller" using v1:\n- .data.tls.crt\n- .data.tls.key',
    /^"argocd-controller" has set fields of the Secret "tls"/,
  ],
  [
    "an immutable secret",
    secretExplanations,
    "SecretPatch",
    'Secret "tls" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    /^The Secret "tls" in the namespace "site" is marked as immutable/,
  ],
  [
    "an immutable config map",
    configMapExplanations,
    "ConfigMapPatch",
    'ConfigMap "tls" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    /^The ConfigMap "tls" in the namespace "site" is marked as immutable/,
  ],
  [
    "a namespace on its way out",
    secretExplanations,
    "Secret",
    'secrets "tls" is forbidden: unable to create new content in namespace site because it is being terminated',
    /^The namespace "site" is being deleted/,
  ],
  [
    "a right of the whole cluster",
    objectExplanations,
    "ClusterIssuer",
    'clusterissuers.cert-manager.io "a" is forbidden: User "ci" cannot patch resource "clusterissuers" in API group "cert-manager.io" at the cluster scope',
    /^A ClusterRole must hold the rule { apiGroups: \["cert-manager\.io"\], resources: \["clusterissuers"\]/,
  ],
  ["credentials", secretExplanations, "Secret", "Unauthorized", /^The API server does not accept the credentials/],
  [
    "a policy",
    ingressExplanations,
    "Ingress",
    'admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "web.example" and path "/" is already defined',
    /^A policy of the cluster refused it.* "validate\.nginx\.ingress\.kubernetes\.io" makes an exception/,
  ],
  [
    "an unknown kind of anyone",
    objectExplanations,
    "Thing",
    'no matches for kind "Thing" in version "example.com/v1"',
    /^The cluster does not know Thing in example\.com\/v1\. Install its CustomResourceDefinition/,
  ],
  [
    "a Gateway that is there",
    gatewayExplanations,
    "Gateway",
    'gateways.gateway.networking.k8s.io "tls" already exists',
    /^The Gateway "tls" in the namespace "site" is there already\. Name it in `gatewayName`/,
  ],
  [
    "an Ingress that is there",
    ingressExplanations,
    "Ingress",
    'ingresses.networking.k8s.io "tls" already exists',
    /^The Ingress "tls" in the namespace "site" is there already\. Name it in `ingressName`/,
  ],
  [
    "a workload that went away",
    workloadExplanations,
    "StatefulSetPatch",
    'statefulsets.apps "tls" not found',
    /^There is no StatefulSet "tls" in the namespace "site"\. Correct `roll`/,
  ],
  [
    "a rollout of a DaemonSet",
    workloadExplanations,
    "DaemonSetPatch",
    'the Kubernetes API server reported that "site/tls" failed to fully initialize or become live: timed out waiting for the condition',
    /`kubectl -n site describe daemonset\/tls`/,
  ],
])("explains %s", (_what, explanations, kind, message, expected) => {
  expect(said(explanations, kind, message)).toMatch(expected);
});

test("says nothing of what it does not know", () => {
  expect(said(secretExplanations, "Secret", "connection refused")).toBeUndefined();
});
