// Deploys to a host over SSH in a process of its own, which can be killed:
//
//   node -r typescript.cjs remoteDeployProcess.ts '{"host": …, "target": …, "material": …, "id": …, "resource": …}'
import { deploy } from "../../sdk/targets/deploy";
import { openHost, parseHost } from "../../sdk/targets/hosts/hosts";
import { kindOfTarget } from "../../sdk/targets/registry";
import type { Material } from "../../sdk/targets/target";

export interface RemoteDeployRequest {
  readonly host: object;
  readonly target: object;
  readonly material: Material;
  readonly id: string;
  readonly resource: string;
}

async function main({ host, target, material, id, resource }: RemoteDeployRequest): Promise<void> {
  const kind = kindOfTarget(target, "target");
  const context = { host: await openHost(parseHost(host, "host")), instance: { id, resource } };
  await deploy({ kind, spec: kind.parse(target, "target"), wanted: { material }, context });
}

void main(JSON.parse(process.argv[2] as string) as RemoteDeployRequest);
