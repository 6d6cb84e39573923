// Deploys in a process of its own, and kills it with SIGKILL before its nth change of the file system.
//
//   node -r typescript.cjs deployProcess.ts '{"args": …, "material": …, "id": …, "killAt": n}'
//
// It prints the number of changes if it comes to its end.
import { deploy } from "../../../sdk/targets/deploy";
import type { Host } from "../../../sdk/targets/hosts/host";
import { localHost } from "../../../sdk/targets/hosts/local";
import { kindOfTarget } from "../../../sdk/targets/registry";
import type { Material } from "../../../sdk/targets/target";

export interface DeployRequest {
  readonly args: Record<string, unknown>;
  readonly material: Material;
  readonly id: string;
  /** Counted from 1; Infinity is not JSON, so a large number means never. */
  readonly killAt: number;
}

const changing = new Set<string | symbol>([
  "makeDirectory",
  "writeFile",
  "makeLink",
  "rename",
  "syncDirectory",
  "removeFile",
  "removeTree",
  "removeEmptyDirectory",
  "run",
]);

async function main(request: DeployRequest): Promise<void> {
  let changes = 0;
  const host = new Proxy(localHost, {
    get(target, name) {
      const method = target[name as keyof Host];
      if (!changing.has(name)) return method;
      return (...given: unknown[]): unknown => {
        if (++changes === request.killAt) process.kill(process.pid, "SIGKILL");
        return (method as (...args: unknown[]) => unknown)(...given);
      };
    },
  });
  const kind = kindOfTarget(request.args, "target");
  await deploy({
    kind,
    spec: kind.parse(request.args, "target"),
    wanted: { material: request.material },
    context: { host, instance: { id: request.id, resource: "project/stack/web" } },
  });
  process.stdout.write(String(changes));
}

void main(JSON.parse(process.argv[2] as string) as DeployRequest);
