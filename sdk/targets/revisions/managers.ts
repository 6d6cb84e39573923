import { basename, dirname, join } from "node:path";
import type { Host } from "../hosts/host";

/** Who else fills a directory, as the rest of a sentence about it; undefined for one that nobody is known to fill. */
export async function managerOf(host: Host, directory: string): Promise<string | undefined> {
  const lineage = lineageOf(directory);
  const [data, renewal] = await Promise.all([
    host.stat(join(directory, "..data")),
    lineage === undefined ? undefined : host.stat(lineage),
  ]);
  if (data?.link !== undefined)
    return "is a volume that Kubernetes fills, as from a secret or by cert-manager's CSI driver";
  return renewal === undefined ? undefined : `is a folder of certbot (${lineage})`;
}

/** The settings that certbot keeps for the lineage of a folder, `live/<name>` or `archive/<name>`. */
function lineageOf(directory: string): string | undefined {
  const parent = dirname(directory);
  if (!["live", "archive"].includes(basename(parent))) return undefined;
  return join(dirname(parent), "renewal", `${basename(directory)}.conf`);
}
