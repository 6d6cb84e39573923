import { randomBytes } from "node:crypto";
import {
  type CheckCall,
  type CreateCall,
  type DeleteCall,
  type DiffCall,
  type Difference,
  PartialFailure,
  type Plugin,
  type Provider,
  type ReadCall,
  type UpdateCall,
} from "../plugin";
import { type PropertyValues, hasComputed } from "../propertyValues";
import { NotReady, type Waiting, unreadyAtRead } from "./await";
import { Cluster, type Manifest, NoMatch, StatusError } from "./cluster";
import { changesOf, forceNewOf, withoutIgnored } from "./difference";
import {
  annotation,
  checkpoint,
  isPatch,
  manifestOf,
  marked,
  nameOf,
  normalized,
  parseCheckpoint,
  pruned,
  qualifiedName,
  withMetadata,
} from "./inputs";
import { type Writing, create, relinquish, remove, update } from "./operations";

export interface KubernetesPluginOptions {
  /** How long a rollout, an Ingress or a deletion is waited for where a resource does not say it, in seconds. @default 600, as the provider */
  readonly defaultTimeout?: number;
  /** Before a create that met no namespace or definition is tried again. @default 100; the provider waits a second */
  readonly firstPauseMs?: number;
}

/**
 * A stand-in for pulumi-resource-kubernetes 4.34, which cannot be had here: one resource for every kind, custom ones and
 * Patches included, on a real API server. It follows the provider's source, github.com/pulumi/pulumi-kubernetes
 * provider/pkg/{provider,await,metadata,kinds,ssa}, where each part of it says which. Left out are Helm, YAML rendering,
 * `generateName`, the checks against OpenAPI schemas, and the readiness of pods, jobs and services.
 */
export function kubernetesPlugin(options: KubernetesPluginOptions = {}): Plugin {
  return {
    version: "4.34.2",
    acceptsSecrets: true,
    diffConfig: (olds, news) => providerDifference(olds, news),
    configure: async (configuration) => {
      const enabled = (name: string, otherwise: boolean) => (configuration[name] ?? String(otherwise)) === "true";
      const provider = new KubernetesProvider(
        configuration["namespace"],
        { secrets: enabled("enableSecretMutable", false), configMaps: enabled("enableConfigMapMutable", false) },
        {
          serverSideApply: enabled("enableServerSideApply", true),
          upsertExisting: enabled("upsertExistingObjects", false),
          patchForce: configuration["enablePatchForce"] === undefined ? undefined : enabled("enablePatchForce", false),
          firstPauseMs: options.firstPauseMs ?? 100,
        },
        options.defaultTimeout ?? 600,
      );
      await provider.connect(configuration["kubeconfig"], configuration["context"]);
      return provider;
    },
  };
}

/** Another cluster replaces the provider, and so all its objects: another server or CA in the kubeconfig. */
function providerDifference(olds: PropertyValues, news: PropertyValues): Difference {
  const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((key) => olds[key] !== news[key]);
  const clusterOf = ({ kubeconfig, context }: PropertyValues) => {
    try {
      return Cluster.of(kubeconfig, context).client.server;
    } catch {
      return undefined; // is said when it is used
    }
  };
  const [old, now] = [clusterOf(olds), clusterOf(news)];
  const moved = old !== undefined && now !== undefined && old !== now;
  const changes = changed.map((key) => [
    key,
    { kind: "update", inputDiff: true, replaces: moved && ["kubeconfig", "context"].includes(key) },
  ]);
  return { changes: Object.fromEntries(changes) };
}

class KubernetesProvider implements Provider {
  private cluster: Cluster | undefined;
  /** Why there is none. */
  private unreachable = "";

  constructor(
    private namespace: string | undefined,
    private readonly mutable: { secrets: boolean; configMaps: boolean },
    private readonly writing: Writing,
    private readonly defaultTimeout: number,
  ) {}

  /** A cluster that cannot be reached fails only what needs it. */
  async connect(kubeconfig: string | undefined, context: string | undefined): Promise<void> {
    let cluster: Cluster;
    try {
      cluster = Cluster.of(kubeconfig || undefined, context || undefined);
    } catch (error) {
      this.unreachable = `failed to parse kubeconfig data in \`kubernetes:config:kubeconfig\`- ${(error as Error).message}`;
      return;
    }
    this.namespace ||= cluster.namespace;
    try {
      await cluster.reach();
      this.cluster = cluster;
    } catch (error) {
      this.unreachable = `unable to load schema information from the API server: ${(error as Error).message}`;
    }
  }

  async check({ type, name, olds, news, randomSeed }: CheckCall) {
    const patch = isPatch(type);
    if (patch && !this.writing.serverSideApply)
      throw new Error(
        "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` Provider config",
      );
    let inputs = normalized(manifestOf(news));
    if (patch && nameOf(inputs) === "") throw new Error("patch resources require the `.metadata.name` field to be set");
    const old = manifestOf(olds);
    if (inputs["metadata"]?.name === undefined) {
      const automatic = annotation(old, autonamed) === "true" ? nameOf(old) : `${name}-${randomSeed.slice(0, 8)}`;
      if (Object.keys(old).length === 0 || annotation(old, autonamed) === "true")
        inputs = withMetadata(inputs, { name: automatic }, { [autonamed]: "true" });
    }
    const labels = { ...inputs["metadata"]?.labels, "app.kubernetes.io/managed-by": "pulumi" };
    const labelled = old["metadata"]?.labels?.["app.kubernetes.io/managed-by"] === "pulumi";
    if (labelled || (!this.writing.serverSideApply && Object.keys(old).length === 0))
      inputs = withMetadata(inputs, { labels });
    if (this.namespace && inputs["metadata"]?.namespace === undefined && (await this.isNamespaced(inputs)))
      inputs = withMetadata(inputs, { namespace: this.namespace });
    return { inputs: marked(inputs, news) as PropertyValues };
  }

  async diff({ type, olds, news, ignoreChanges }: DiffCall): Promise<Difference> {
    const state = parseCheckpoint(olds);
    const live = state.live;
    const namespaced = await this.isNamespaced(manifestOf(news));
    const located = (manifest: Manifest, name: string): Manifest => {
      const { namespace: given, ...metadata } = manifest["metadata"] ?? {};
      const namespace = namespaced ? { namespace: given ?? "default" } : {};
      return { ...manifest, metadata: { ...metadata, name, ...namespace } };
    };
    const inputs = normalized(manifestOf(news));
    const newName: unknown = inputs["metadata"]?.name ?? nameOf(live);
    const before = located(pruned(live, normalized(state.inputs)), nameOf(live));
    const after = located(inputs, newName as string);
    const forceNew = forceNewOf(after, isPatch(type), this.mutable);
    const changes = withoutIgnored(changesOf(before, after, forceNew), ignoreChanges);
    const sameObject = newName === nameOf(live) && after["metadata"].namespace === live["metadata"]?.namespace;
    const replaces = Object.values(changes).some((change) => change.replaces);
    return { changes, deleteBeforeReplace: replaces && annotation(after, autonamed) !== "true" && sameObject };
  }

  async create({ urn, type, news, preview, timeout, cancelled }: CreateCall) {
    const inputs = manifestOf(news);
    const { serverSideApply } = this.writing;
    if (preview && (hasComputed(inputs) || isPatch(type) || !serverSideApply || !(await this.exists(inputs))))
      return { id: "", outputs: news };
    const cluster = this.reached();
    const fieldManager = this.fieldManager(inputs, {});
    const written = { inputs, fieldManager, preview, patch: isPatch(type) };
    try {
      const { status, ...live } = await create(cluster, this.writing, written, this.waiting(timeout, cancelled));
      const outputs = checkpoint(inputs, preview ? live : { ...live, status }, news, fieldManager);
      return { id: qualifiedName(live), outputs };
    } catch (error) {
      if (preview && isNoPreview(error)) return { id: "", outputs: news };
      if (error instanceof NoMatch)
        throw new Error(
          `creation of resource "${urn}" with kind ${inputs["apiVersion"]}/${inputs["kind"]} failed because the Kubernetes API ` +
            `server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created: ${error.message}`,
          { cause: error },
        );
      if (!(error instanceof NotReady))
        throw new Error(
          `resource "${urn}" was not successfully created by the Kubernetes API server: ${(error as Error).message}`,
          { cause: error },
        );
      const message = `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${error.message}`;
      throw partial(message, error.object, error.reasons, inputs, news, fieldManager);
    }
  }

  async update({
    urn,
    type,
    olds,
    news,
    ignoreChanges,
    preview,
    timeout,
    cancelled,
  }: UpdateCall): Promise<PropertyValues> {
    const inputs = normalized(manifestOf(news));
    if (preview && (hasComputed(inputs) || !(await this.exists(inputs)))) return news;
    const cluster = this.reached();
    const state = parseCheckpoint(olds);
    const fieldManager = this.fieldManager(inputs, olds);
    const written = {
      inputs,
      fieldManager,
      preview,
      patch: isPatch(type),
      oldInputs: pruned(state.live, state.inputs),
      ignoreChanges,
    };
    try {
      const live = await update(cluster, this.writing, written, this.waiting(timeout, cancelled));
      const previous = this.fieldManager(state.inputs, olds);
      if (this.writing.serverSideApply && !preview && previous !== fieldManager)
        await relinquish(cluster, live, previous);
      return checkpoint(inputs, live, news, fieldManager);
    } catch (error) {
      if (preview && error instanceof StatusError && error.code === 403) return news;
      const failed = error as Error;
      if (error instanceof NoMatch)
        throw new Error(
          `update of resource "${urn}" failed because the Kubernetes API server reported that the apiVersion for this resource ` +
            `does not exist. Verify that any required CRDs have been created: ${error.message}`,
          { cause: error },
        );
      const live = await cluster.get(state.live).catch((unread: Error) => {
        throw new Error(
          `update of resource "${urn}" failed: ${failed.message}\nunable to get cluster state: ${unread.message}`,
          { cause: error },
        );
      });
      const message = `the Kubernetes API server reported that "${qualifiedName(live)}" failed to fully initialize or become live: ${failed.message}`;
      throw partial(message, live, error instanceof NotReady ? error.reasons : [], inputs, news, fieldManager);
    }
  }

  async delete({ type, olds, timeout, cancelled }: DeleteCall): Promise<void> {
    const { inputs, live } = parseCheckpoint(olds);
    if (this.cluster === undefined)
      throw new Error(
        "configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from Pulumi state " +
          'by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
      );
    const relinquishing = isPatch(type) && this.writing.serverSideApply ? this.fieldManager(inputs, olds) : undefined;
    await remove(this.cluster, live, inputs, relinquishing, this.waiting(timeout, cancelled));
  }

  async read({ id, type, olds, oldInputs }: ReadCall) {
    if (this.cluster === undefined)
      throw new Error(
        "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource from " +
          'Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
      );
    const known = normalized(manifestOf(oldInputs));
    const imported = known["kind"] === undefined;
    const [name = "", namespace] = id.split("/").toReversed();
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const object = { ...(imported ? kindOf(type, parseCheckpoint(olds).live) : known), metadata };
    try {
      const live = await this.cluster.get(object);
      const inputs = imported ? importedInputs(live) : pruned(live, known);
      const fieldManager = this.fieldManager(inputs, olds);
      const outputs = checkpoint(inputs, live, oldInputs, fieldManager);
      const unready = imported ? undefined : await unreadyAtRead(this.cluster, known, live);
      if (unready !== undefined)
        throw partial(unready.message, live, unready.reasons, inputs, oldInputs, fieldManager, id);
      return { id, outputs, inputs: marked(inputs, oldInputs) as PropertyValues };
    } catch (error) {
      if (error instanceof NoMatch || (error instanceof StatusError && error.code === 404)) return undefined;
      throw error;
    }
  }

  private reached(): Cluster {
    if (this.cluster === undefined)
      throw new Error(`configured Kubernetes cluster is unreachable: ${this.unreachable}`);
    return this.cluster;
  }

  private async exists(manifest: Manifest): Promise<boolean> {
    return (await this.cluster?.kind(manifest)) !== undefined;
  }

  /** Where nobody knows the kind yet, it is taken for a namespaced one. */
  private async isNamespaced(manifest: Manifest): Promise<boolean> {
    return (await this.cluster?.kind(manifest))?.namespaced ?? true;
  }

  private waiting(timeout: number, cancelled: AbortSignal): Waiting {
    return { timeout, cancelled, defaultTimeout: this.defaultTimeout };
  }

  /** Each resource has a manager of its own. */
  private fieldManager(inputs: Manifest, state: PropertyValues): string {
    if (!this.writing.serverSideApply) return "pulumi-kubernetes";
    const chosen: string | undefined = annotation(inputs, "pulumi.com/patchFieldManager") ?? state["__fieldManager"];
    return chosen ?? `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
  }
}

const autonamed = "pulumi.com/autonamed";

/** Forbidden, already there, in a namespace that is not there yet: the preview shows the inputs. */
function isNoPreview(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return (
    error.code === 403 ||
    error.reason === "AlreadyExists" ||
    (error.code === 404 && error.details.kind === "namespaces")
  );
}

function partial(
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

/** `kubernetes:apps/v1:Deployment` → its apiVersion and kind. */
function kindOf(type: string, live: Manifest): Manifest {
  if (live["kind"] !== undefined) return { apiVersion: live["apiVersion"], kind: live["kind"] };
  const [, groupVersion = "", kind = ""] = type.split(":");
  return { apiVersion: groupVersion.replace(/^core\//, ""), kind: kind.replace(/Patch$/, "") };
}

function importedInputs(live: Manifest): Manifest {
  const { status: _, ...inputs } = normalized(live);
  return inputs;
}
