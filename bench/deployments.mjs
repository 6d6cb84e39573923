// Deployments beside shell scripts that do the same over the same SSH: one certificate on many hosts, many in one
// HAProxy, and a rotation among certificates that it does not concern.
import { measureHaproxy } from "./deployments/haproxy.mjs";
import { measureHosts } from "./deployments/hosts.mjs";
import { measureOthers } from "./deployments/others.mjs";

export async function measureDeployments(rounds) {
  return [...(await measureHosts(rounds)), ...(await measureHaproxy(rounds)), ...(await measureOthers(rounds))];
}
