// Deploys in a process of its own, and kills it with SIGKILL before or during its nth change.
//
//   node -r typescript.cjs deployProcess.ts '{"args": …, "material": …, "id": …, "killAt": n, "during": false}'
//
// If it comes to its end, it prints the names of the changes; if it is killed, the ids of the processes that it had
// started, as JSON.
import { subscribe } from "node:diagnostics_channel";
import { readFileSync, writeSync } from "node:fs";
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
  /** Whether that change has begun. */
  readonly during: boolean;
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

/** Says which processes it leaves behind. */
function die(): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  writeSync(1, JSON.stringify(children.map(Number)));
  process.kill(process.pid, "SIGKILL");
}

async function main({ args, material, id, killAt, during }: DeployRequest): Promise<void> {
  const changes: string[] = [];
  const host = new Proxy(localHost, {
    get(target, name) {
      const method = target[name as keyof Host];
      if (!changing.has(name)) return method;
      return (...given: unknown[]): unknown => {
        const isLast = changes.push(String(name)) === killAt;
        if (isLast && !during) die();
        const result = (method as (...args: unknown[]) => unknown)(...given);
        if (isLast) die();
        return result;
      };
    },
  });
  // Targets that are on no host are changed by requests.
  let sending = false;
  subscribe("undici:request:create", (message) => {
    const { request } = message as { request: { method: string } };
    if (request.method === "GET") return;
    sending = changes.push("request") === killAt;
    if (sending && !during) die();
  });
  subscribe("undici:request:bodySent", () => {
    if (sending) die();
  });
  const kind = kindOfTarget(args, "target");
  await deploy({
    kind,
    spec: kind.parse(args, "target"),
    wanted: { material },
    context: { host, instance: { id, resource: "project/stack/web" } },
  });
  process.stdout.write(JSON.stringify(changes));
}

void main(JSON.parse(process.argv[2] as string) as DeployRequest);
