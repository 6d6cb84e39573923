import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Deployed, deploy } from "../../../sdk/targets/deploy";
import { localHost } from "../../../sdk/targets/hosts/local";
import { type AnyTargetKind, kindOfTarget } from "../../../sdk/targets/registry";
import type { Material, TargetContext } from "../../../sdk/targets/target";

export const filesKind: AnyTargetKind = kindOfTarget({ kind: "files" }, "target");

/** The files that most tests deploy. */
export const pair = { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" };

/** A directory of its own for each test, and the calls of the `files` target upon it. */
export class FilesBench {
  readonly base = mkdtempSync(join(tmpdir(), "files-"));
  readonly directory = join(this.base, "tls");

  args(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return { kind: "files", directory: this.directory, files: pair, ...changes };
  }

  context(id = "web-00000001", resource = "project/stack/web"): TargetContext {
    return { host: localHost, instance: { id, resource, owner: { team: "payments" } } };
  }

  bring(material: Material, args = this.args(), context = this.context()): Promise<Deployed> {
    return deploy({ kind: filesKind, spec: filesKind.parse(args, "target"), wanted: { material }, context });
  }

  goTo(revision: string | undefined, args = this.args()): Promise<Deployed> {
    const wanted = { revision: revision ?? "none" };
    return deploy({ kind: filesKind, spec: filesKind.parse(args, "target"), wanted, context: this.context() });
  }

  async differences(args = this.args()): Promise<readonly string[]> {
    return (await filesKind.observe(filesKind.parse(args, "target"), this.context())).differences;
  }

  withdraw(args: Record<string, unknown>, context = this.context()): Promise<void> {
    return filesKind.withdraw(filesKind.parse(args, "target"), context);
  }

  preflight(args: Record<string, unknown>, until?: Record<string, unknown>): Promise<void> {
    const before = until === undefined ? {} : { until: filesKind.parse(until, "target") };
    const context = { host: localHost, resource: "project/stack/web", ...before };
    return filesKind.preflight(filesKind.parse(args, "target"), context);
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }

  modeOf(name: string): string {
    return (statSync(join(this.directory, name)).mode & 0o7777).toString(8);
  }

  home(id = "web-00000001"): string {
    return join(this.directory, ".pulumi-certificates", id);
  }

  remove(): void {
    rmSync(this.base, { recursive: true });
  }
}
