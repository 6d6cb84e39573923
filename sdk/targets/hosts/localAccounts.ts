import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { runCommand } from "../../net/command";
import type { Ownership } from "./host";

/** Asked where the local files do not know a name: accounts may come from a directory service. */
const getent = ["/usr/bin/getent", "/bin/getent"].find((path) => existsSync(path));

/** The fields of an account in the format of passwd(5) and group(5). */
async function account(database: "passwd" | "group", name: string): Promise<string[] | undefined> {
  const file = `/etc/${database}`;
  const lines = existsSync(file) ? (await readFile(file, "utf8")).split("\n") : [];
  const local = lines.map((line) => line.split(":")).find(([first]) => first === name);
  if (local !== undefined || getent === undefined) return local;
  const { code, stdout } = await runCommand([getent, database, "--", name], { timeout: 10_000 });
  return code === 0 ? stdout.trim().split(":") : undefined;
}

export async function lookupUser(name: string): Promise<Ownership | undefined> {
  const fields = await account("passwd", name);
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) };
}

export async function lookupGroup(name: string): Promise<number | undefined> {
  const fields = await account("group", name);
  return fields && Number(fields[2]);
}
