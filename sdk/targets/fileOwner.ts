import { invalidArgument } from "../errors";
import type { Host, Ownership } from "./hosts/host";

const name = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;

/** `user`, `user:group` or `:group`, each a name or a number. */
export interface OwnerSpec {
  readonly user?: string;
  readonly group?: string;
}

export function parseOwner(value: unknown, property: string): OwnerSpec | undefined {
  if (value === undefined) return undefined;
  const [user = "", group = "", ...rest] = typeof value === "string" ? value.split(":") : [];
  const valid = (part: string): boolean => part === "" || /^\d{1,10}$/.test(part) || name.test(part);
  if (rest.length > 0 || !valid(user) || !valid(group) || (user === "" && group === "")) {
    throw invalidArgument(
      property,
      `${JSON.stringify(value)} is no owner of files.`,
      'Give "user", "user:group" or ":group", by name or number.',
    );
  }
  return { ...(user === "" ? {} : { user }), ...(group === "" ? {} : { group }) };
}

/** The ids on a host. Throws if there is no such user or group, or this process may not give files to them. */
export async function resolveOwner(
  host: Host,
  spec: OwnerSpec | undefined,
  property: string,
): Promise<Ownership | undefined> {
  if (spec === undefined) return undefined;
  const self = await host.identity();
  const [user, group] = await Promise.all([
    spec.user === undefined ? self : resolveUser(host, spec.user, property, self),
    spec.group === undefined ? undefined : resolveGroup(host, spec.group, property),
  ]);
  const gid = group ?? user.gid;
  if (self.uid !== 0 && user.uid !== self.uid) {
    throw invalidArgument(
      property,
      `only root can give files to ${spec.user} on ${host.name}.`,
      "Deploy as root or as that user.",
    );
  }
  if (self.uid !== 0 && gid !== self.gid && !self.groups.includes(gid)) {
    throw invalidArgument(
      property,
      `the user that deploys is not in the group ${spec.group ?? gid}.`,
      "Add it to the group, or deploy as root.",
    );
  }
  return { uid: user.uid, gid };
}

async function resolveUser(host: Host, user: string, property: string, self: Ownership): Promise<Ownership> {
  if (/^\d+$/.test(user)) return { uid: Number(user), gid: self.gid };
  const found = await host.lookupUser(user);
  if (found !== undefined) return found;
  throw invalidArgument(
    property,
    `there is no user "${user}" on ${host.name}.`,
    "Create it first, or correct the name.",
  );
}

async function resolveGroup(host: Host, group: string, property: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const found = await host.lookupGroup(group);
  if (found !== undefined) return found;
  throw invalidArgument(
    property,
    `there is no group "${group}" on ${host.name}.`,
    "Create it first, or correct the name.",
  );
}
