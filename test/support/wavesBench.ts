import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { join } from "node:path";
import { bringWaves } from "../../sdk/provider/deployment/bringWaves";
import type { DeploymentInputs, DeploymentOuts } from "../../sdk/provider/deployment/state";
import { Unfinished } from "../../sdk/provider/define";
import { closeHosts } from "../../sdk/targets/hosts/hosts";
import type { RemoteDeployRequest } from "./remoteDeployProcess";
import type { RemoteHost, RemoteHosts } from "./remoteHosts";
import type { TestMaterial } from "./targets/material";
import { leftoversIn, pairIn } from "./targets/files";
import { until } from "./until";

const [instanceId, resource] = ["edge-00000001", "project/stack/edge"];

/** What a run came to: its outputs, and the reason if it failed. */
export interface WavesRun {
  readonly outs: DeploymentOuts;
  readonly failure?: string;
}

/** The commands of the target, at which a test can hold it up. */
export type HeldStep = "checkStaged" | "check" | "reload";

/** Deploys to hosts in waves as `pulumi up` does, one run after the other, each with connections of its own. */
export class WavesBench {
  private outs: DeploymentOuts | undefined;

  constructor(private readonly hosts: RemoteHosts) {}

  /** A host as a program describes it. */
  describe({ ssh }: RemoteHost): { readonly kind: string } & Record<string, unknown> {
    const { address: host, port, user, hostKey, identityFile } = ssh;
    return { kind: "ssh", host, port, user, hostKey, identityFile };
  }

  /** Nothing is known of any host. */
  forget(): void {
    this.outs = undefined;
  }

  async up(material: TestMaterial, changes: Partial<DeploymentInputs> = {}): Promise<WavesRun> {
    const { certificatePem, chainPem, trustBundlePem, privateKeyPem, fingerprintSha256, dnsNames } = material;
    const news: DeploymentInputs = {
      name: resource,
      certificate: { fingerprintSha256, chainSha256: "", dnsNames: [...dnsNames] },
      target: this.target(),
      waves: [this.hosts.all.map((host) => this.describe(host))],
      endpoints: this.hosts.all.map(({ address, port }) => ({ address, port, serverName: "web.example.com" })),
      timeout: "10s",
      ...changes,
    };
    const credentials = { material: { certificatePem, chainPem, trustBundlePem, privateKeyPem } };
    const run = { now: Date.now() } as never;
    try {
      const outs = { ...(this.outs && { outs: this.outs }) };
      this.outs = await bringWaves({ id: instanceId, news, credentials, run, ...outs });
      return { outs: this.outs };
    } catch (error) {
      if (!(error instanceof Unfinished)) throw error;
      this.outs = error.outs as DeploymentOuts;
      return { outs: this.outs, failure: error.message };
    } finally {
      await closeHosts();
    }
  }

  /** Deploys to one host in a process of its own, which is the caller's to end. */
  upElsewhere(host: RemoteHost, material: TestMaterial): ChildProcess {
    const described = { host: this.describe(host), target: this.target() };
    const request: RemoteDeployRequest = { ...described, material, id: instanceId, resource };
    const script = join(__dirname, "remoteDeployProcess.ts");
    const args = ["-r", join(__dirname, "typescript.cjs"), script, JSON.stringify(request)];
    return spawn(process.execPath, args, { stdio: "inherit" });
  }

  target(): { readonly kind: string } & Record<string, unknown> {
    return {
      kind: "files",
      directory: join(this.hosts.path, "tls"),
      files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
      checkStaged: this.holding("checkStaged", ["/bin/sh", "-c", ":"]),
      check: this.holding("check", this.hosts.check),
      reload: this.holding("reload", this.hosts.reload),
    };
  }

  /** Runs work while a host is held up at a step, and lets it go on. */
  async during(host: RemoteHost, step: HeldStep, work: () => Promise<void>): Promise<void> {
    writeFileSync(join(host.folder, `hold-${step}`), "");
    try {
      await until(`${step} on ${host.address}`, () => existsSync(join(host.folder, `held-${step}`)));
      await work();
    } finally {
      for (const name of ["hold", "held"]) rmSync(join(host.folder, `${name}-${step}`), { force: true });
    }
  }

  /** The fingerprint of what each host serves. */
  served(): Promise<string[]> {
    return Promise.all(this.hosts.all.map(({ address, port }) => fingerprintAt(address, port)));
  }

  /** The fingerprint of what stands on each host; fails if a key is not that of its certificate. */
  stored(): (string | undefined)[] {
    return this.hosts.all.map(({ folder }) => pairIn(join(folder, "tls")));
  }

  leftovers(): string[] {
    return this.hosts.all.flatMap(({ folder }) => leftoversIn(join(folder, "tls")));
  }

  private holding(step: HeldStep, [shell = "", option = "", script = ""]: readonly string[]): string[] {
    const [hold, held] = ["hold", "held"].map((name) => join(this.hosts.path, `${name}-${step}`));
    return [
      shell,
      option,
      `if [ -e ${hold} ]; then : >${held}; while [ -e ${hold} ]; do sleep 0.05; done; fi; ${script}`,
    ];
  }
}

/** Who it trusts is not the question here. */
export function fingerprintAt(host: string, port: number, servername = "web.example.com"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase() ?? "none");
      socket.destroy();
    });
  });
}
