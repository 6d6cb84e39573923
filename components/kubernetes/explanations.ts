import type * as pulumi from "@pulumi/pulumi";
import type { Explanation } from "../explain";

/**
 * What an API server says when it refuses, as the provider passes it on, and what its awaiting of rollouts says. The
 * texts are those of apimachinery's errors and of server-side apply's conflicts (kubernetes.io/docs/reference/using-api).
 */

type Refused = pulumi.ErrorHookArgs;

/** Refusals of any object; they stand after those of its kind. */
const ofAnyObject: readonly Explanation[] = [
  {
    when: /namespaces "([^"]+)" not found/,
    fix: ([, namespace]) =>
      `There is no namespace "${namespace}". Correct \`namespace\`, or let this program create it first: a namespace's ` +
      "`metadata.name` that is passed as `namespace` is waited for.",
  },
  {
    when: /namespace (\S+) because it is being terminated/,
    fix: ([, namespace]) =>
      `The namespace "${namespace}" is being deleted. Once it is gone, create it again, then run \`pulumi up\` again.`,
  },
  {
    when: /is forbidden: User "([^"]+)" cannot \w+ resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/,
    fix: ([, user, resource, group, namespace]) => {
      const where =
        namespace === undefined
          ? "A ClusterRole"
          : `Unless there is no namespace "${namespace}", which the API server tells only those who may ask, a Role in it`;
      return (
        `${where} must hold the rule { apiGroups: ["${group}"], resources: ["${resource}"], verbs: ` +
        `["get", "list", "watch", "create", "patch", "delete"] } and be bound to "${user}"; the docs of this component say which verbs are enough.`
      );
    },
  },
  {
    when: /Unauthorized|must be logged in to the server|asked for the client to provide credentials/,
    fix: "The API server does not accept the credentials of the kubeconfig, or they have expired. Renew them, then run `pulumi up` again.",
  },
  {
    when: /no matches for kind "([^"]+)" in version "([^"/]+)\/?([^"]*)"/,
    fix: ([, kind, group = "", version]) =>
      `The cluster does not know ${kind} in ${group}/${version}. ${definitions(group)}`,
  },
  {
    when: /admission webhook "([^"]+)" denied the request/,
    fix: ([, webhook]) =>
      `A policy of the cluster refused it. Its reason stands above; \`transform\` changes what is sent, or whoever runs the webhook "${webhook}" makes an exception.`,
  },
];

/** Another manager has set a field; `rename` is the way out for whoever does not want it taken over. */
function conflicts(rename: string): Explanation[] {
  return [
    {
      when: /conflicts? with "(cert-manager[^"]*)"/,
      fix: ([, manager], args) =>
        `cert-manager ("${manager}") keeps ${objectOf(args)}. Delete its Certificate, or the annotation cert-manager.io/… of the ` +
        `Ingress or Gateway that asks for it, and set \`takeOver: true\`; or ${rename}.`,
    },
    {
      when: /conflicts? with "(pulumi-kubernetes[^"]*)"/,
      fix: ([, manager], args) =>
        `Another Pulumi resource ("${manager}"), of another stack or of a state that is lost, manages ${objectOf(args)}. ` +
        `Remove it there, or set \`takeOver: true\` if it is gone; or ${rename}.`,
    },
    {
      when: /conflicts? with "([^"]+)"/,
      fix: ([, manager], args) =>
        `"${manager}" has set fields of ${objectOf(args)}. \`takeOver: true\` takes them over, once "${manager}" ` +
        `no longer sets them; or ${rename}.`,
    },
  ];
}

/** An object is there; `fix` says how it can become this one. */
function exists(fix: string): Explanation {
  return {
    when: /\b[a-z.]+ "[^"]+" already exists/,
    fix: (_, args) => `${capital(objectOf(args))} is there already. ${fix}`,
  };
}

/** Of Secrets. */
export const secretExplanations: readonly Explanation[] = [
  exists(
    "Choose another `secretName`, or set `takeOver: true` so that it becomes this one. If cert-manager keeps it, delete its " +
      "Certificate first, or the annotation cert-manager.io/… of the Ingress or Gateway that asks for it: `kubectl get certificate -A`.",
  ),
  {
    when: /conflicts? with "[^"]+"[^]*\.type\b|\btype: Invalid value:[^]*field is immutable/,
    fix: (_, args) =>
      `${capital(objectOf(args))} is there with another type, which Kubernetes does not let change. ` +
      "Choose another `secretName`, or delete it once nothing uses it.",
  },
  {
    when: /field is immutable when `immutable` is set/,
    fix: (_, args) =>
      `${capital(objectOf(args))} is marked as immutable. Choose another \`secretName\`, or delete it once nothing uses it.`,
  },
  ...conflicts("choose another `secretName`"),
  ...ofAnyObject,
];

/** Of ConfigMaps. */
export const configMapExplanations: readonly Explanation[] = [
  exists("Choose another name, or set `takeOver: true` so that it becomes this one."),
  {
    when: /field is immutable when `immutable` is set/,
    fix: (_, args) => `${capital(objectOf(args))} is marked as immutable. Choose another name, or delete it.`,
  },
  ...conflicts("choose another name"),
  ...ofAnyObject,
];

/** Of Deployments, StatefulSets and DaemonSets that are restarted. */
export const workloadExplanations: readonly Explanation[] = [
  {
    when: /spec\.selector: Required value|(?:deployments|statefulsets|daemonsets)\.apps "[^"]+" not found/,
    fix: (_, args) =>
      `There is no ${objectOf(args, "")}. Correct \`roll\`. A workload of this program is not named there: it takes ` +
      "`podAnnotations` into its pod template instead.",
  },
  ...ofAnyObject,
  {
    when: /timed out waiting|ProgressDeadlineExceeded|become live|MinimumReplicasUnavailable/,
    fix: (_, args) =>
      "The secret holds the new certificate, but the pods that were started with it did not become ready. " +
      `\`kubectl ${inNamespace(args)}describe ${kindOf(args).toLowerCase()}/${nameOf(args)}\` and their logs say why; ` +
      "pods that were ready before serve on. The next `pulumi up` goes on waiting.",
  },
];

/** Of Ingresses. */
export const ingressExplanations: readonly Explanation[] = [
  exists("Name it in `ingressName` to bind to it, and leave out `className`, `rules` and `defaultBackend`."),
  {
    when: /conflicts? with "([^"]+)"[^]*\.spec\.tls\b/,
    fix: ([, manager], args) =>
      `"${manager}" has set spec.tls of ${objectOf(args)}, which has one manager as a whole. Let the owner of the Ingress take ` +
      "the output `tls` into its own list, or take the list over with `takeOver: true`.",
  },
  {
    when: /spec: Invalid value:[^]*defaultBackend|must specify either `defaultBackend` or `rules`/i,
    fix: (_, args) => `There is no ${objectOf(args, "")}. Correct \`ingressName\`, or give \`rules\` to create it.`,
  },
  ...conflicts("choose another name"),
  ...ofAnyObject,
];

/** Of Gateways of the Gateway API and of Istio. */
export const gatewayExplanations: readonly Explanation[] = [
  exists("Name it in `gatewayName` to add listeners to it, or choose another name."),
  {
    when: /\bspec(\.gatewayClassName)?: Required value/,
    fix: (_, args) =>
      `There is no ${objectOf(args, "")}. Correct \`gatewayName\`, or give \`gatewayClassName\` to create it.`,
  },
  {
    when: /conflicts? with "([^"]+)"[^]*\.spec\.listeners\[name="([^"]+)"\]/,
    fix: ([, manager, listener], args) =>
      `"${manager}" has a listener named "${listener}" on ${objectOf(args)}. Give yours another \`name\`, or take it over with \`takeOver: true\`.`,
  },
  ...conflicts("choose another name"),
  ...ofAnyObject,
];

/** Of objects of any other kind. */
export const objectExplanations: readonly Explanation[] = [
  exists("Choose another name, or delete it."),
  ...conflicts("choose another name"),
  ...ofAnyObject,
];

function definitions(group: string): string {
  if (group === "gateway.networking.k8s.io")
    return "Install the definitions of the Gateway API (gateway-api.sigs.k8s.io), its standard channel, in version 1.0 or later.";
  if (group.endsWith("istio.io"))
    return "Install Istio 1.22 or later, or its chart `base`, which holds the definitions.";
  if (group === "cert-manager.io")
    return "Install cert-manager with its definitions (`crds.enabled=true` of its chart).";
  return "Install its CustomResourceDefinition, or correct the apiVersion.";
}

interface Metadata {
  name?: string;
  namespace?: string;
}

function metadataOf({ newInputs, oldInputs }: Refused): Metadata {
  const { metadata } = (newInputs ?? oldInputs ?? {}) as { metadata?: Metadata };
  return metadata ?? {};
}

const kindOf = ({ type }: Refused) => (type.split(":").at(-1) ?? type).replace(/Patch$/, "");
const nameOf = (args: Refused) => metadataOf(args).name ?? args.name;

function inNamespace(args: Refused): string {
  const { namespace } = metadataOf(args);
  return namespace === undefined ? "" : `-n ${namespace} `;
}

function objectOf(args: Refused, article = "the "): string {
  const { namespace } = metadataOf(args);
  const where = namespace === undefined ? "" : ` in the namespace "${namespace}"`;
  return `${article}${kindOf(args)} "${nameOf(args)}"${where}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
