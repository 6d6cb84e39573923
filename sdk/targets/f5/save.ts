import type { BigIp } from "./bigIp";

interface Saves {
  running?: Promise<void>;
  next?: Promise<void>;
}

const saves = new Map<string, Saves>();

/**
 * Saves the running configuration, which is lost with the next start of the BIG-IP otherwise. That takes seconds: all who
 * ask while it is under way share the one after it.
 */
export function saveConfiguration(bigIp: BigIp): Promise<void> {
  const known: Saves = saves.get(bigIp.name) ?? {};
  saves.set(bigIp.name, known);
  if (known.running === undefined) return begin(bigIp, known);
  known.next ??= known.running
    .catch(() => undefined) // whoever asked for that one hears of it
    .then(() => {
      delete known.next;
      return begin(bigIp, known);
    });
  return known.next;
}

function begin(bigIp: BigIp, saves: Saves): Promise<void> {
  const running = save(bigIp).finally(() => {
    if (saves.running === running) delete saves.running;
  });
  saves.running = running;
  return running;
}

async function save(bigIp: BigIp): Promise<void> {
  const body = { command: "save" };
  await bigIp.ask({ doing: "save its configuration", path: "/mgmt/tm/sys/config", body, repeatable: true });
}
