import { invalidArgument } from "../../sdk/errors";
import { commandOutput } from "./commandOutput";
import { type Findings, findings, type Found, type Manager, type Refusal } from "./found";

interface Secret {
  readonly type?: unknown;
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly annotations?: Readonly<Record<string, unknown>> | null;
    readonly ownerReferences?: readonly { readonly kind?: unknown; readonly apiVersion?: unknown }[] | null;
  };
  readonly data?: Readonly<Record<string, unknown>> | null;
}

const hint =
  "Check with: kubectl auth can-i list secrets. Or pipe `kubectl get secrets -o json` into `import kubernetes -`.";

/** Asks the cluster of the current context for its TLS secrets; further arguments go to kubectl. */
export function readSecrets(args: readonly string[]): Promise<string> {
  const command = ["get", "secrets", "--field-selector", "type=kubernetes.io/tls", "--output", "json", ...args];
  return commandOutput("kubectl", command, hint);
}

/** The TLS secrets in what `kubectl get secret -o json` prints: one secret or a list of them. */
export function findKubernetes(json: string): Findings {
  const fix = "Give the output of: kubectl get secrets --all-namespaces -o json.";
  let document: { kind?: unknown; items?: unknown };
  try {
    document = JSON.parse(json) as typeof document;
  } catch {
    // The cause would quote the text, in which there are keys.
    throw invalidArgument("kubernetes", "the input is no JSON.", fix);
  }
  const items = document?.kind === "Secret" ? [document] : document?.items;
  if (!Array.isArray(items)) throw invalidArgument("kubernetes", "the input is no list of secrets.", fix);
  return findings((items as Secret[]).filter((each) => each?.type === "kubernetes.io/tls").map(secret));
}

function secret({ metadata, data }: Secret): Found | Refusal {
  const origin = `secret ${word(metadata?.namespace) ?? "default"}/${word(metadata?.name) ?? "without name"}`;
  const pem = decode(data?.["tls.crt"]);
  const privateKeyPem = decode(data?.["tls.key"]);
  if (pem === undefined || pem.trim() === "") return { origin, reason: "its tls.crt is empty" };
  const managedBy = managerOf(metadata);
  return {
    origin,
    pem,
    ...(privateKeyPem === undefined ? {} : { privateKeyPem }),
    ...(managedBy === undefined ? {} : { managedBy }),
  };
}

const word = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const decode = (value: unknown): string | undefined =>
  typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : undefined;

const certManager = "cert-manager.io/certificate-name";

function managerOf(metadata: Secret["metadata"]): Manager | undefined {
  const certificate = metadata?.annotations?.[certManager];
  const owner = metadata?.ownerReferences?.find(
    ({ kind, apiVersion }) => kind === "Certificate" && String(apiVersion).startsWith("cert-manager.io/"),
  );
  if (certificate === undefined && owner === undefined) return undefined;
  const name = typeof certificate === "string" ? ` ${certificate}` : "";
  return {
    tool: "cert-manager",
    evidence: owner === undefined ? `annotation ${certManager}` : "its owner, a Certificate",
    stop: `Delete the Certificate${name} of cert-manager; its secret stays unless cert-manager runs with --enable-certificate-owner-ref.`,
  };
}
