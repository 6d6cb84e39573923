import { randomBytes } from "node:crypto";
import type { PropertyValues } from "../propertyValues";
import type { Waiting } from "./await";
import { Cluster, type Manifest } from "./cluster";
import type { Mutability } from "./difference";
import { annotation } from "./inputs";
import type { Writing } from "./operations";

/** One provider of a program: its cluster, and what its configuration says of writing. */
export class Connection {
  cluster: Cluster | undefined;
  /** Why there is none. */
  private unreachable = "";

  constructor(
    /** Of objects that say none: the provider's, else that of its context. */
    public namespace: string | undefined,
    readonly mutable: Mutability,
    readonly writing: Writing,
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

  reached(): Cluster {
    if (this.cluster === undefined)
      throw new Error(`configured Kubernetes cluster is unreachable: ${this.unreachable}`);
    return this.cluster;
  }

  async exists(manifest: Manifest): Promise<boolean> {
    return (await this.cluster?.kind(manifest)) !== undefined;
  }

  /** Where nobody knows the kind yet, it is taken for a namespaced one. */
  async isNamespaced(manifest: Manifest): Promise<boolean> {
    return (await this.cluster?.kind(manifest))?.namespaced ?? true;
  }

  waiting(timeout: number, cancelled: AbortSignal): Waiting {
    return { timeout, cancelled, defaultTimeout: this.defaultTimeout };
  }

  /** Each resource has a manager of its own. */
  fieldManager(inputs: Manifest, state: PropertyValues): string {
    if (!this.writing.serverSideApply) return "pulumi-kubernetes";
    const chosen: string | undefined = annotation(inputs, "pulumi.com/patchFieldManager") ?? state["__fieldManager"];
    return chosen ?? `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
  }
}
