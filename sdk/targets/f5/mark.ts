import { type BigIp, hasStatus, objectPath } from "./bigIp";
import type { Change } from "./transaction";

/** Objects of one certificate, and what was true of them when they were installed. */
export interface MarkedRevision {
  readonly cert: string;
  readonly key: string;
  readonly chain?: string;
  readonly fingerprintSha256?: string;
  /** Keyed with the instance's id: tells whether a certificate with its key and chain is this one, and nothing else. */
  readonly source?: string;
  /** The checksums of certificate, key and chain as BIG-IP told them; missing until all of them were installed. */
  readonly checksums?: string;
  /** Made by somebody else: never deleted. */
  readonly foreign?: boolean;
}

/**
 * What a deployment remembers on the BIG-IP. Certificates and profiles have no field for it there; an internal data
 * group has, takes part in transactions, is saved with the configuration and goes to the other units of a device group.
 */
export interface Mark {
  readonly instance: string;
  /** Project, stack and name. */
  readonly resource: string;
  readonly profile: string;
  readonly owner?: Readonly<Record<string, string>>;
  /** The resource is gone and left its certificate: whoever comes next may have it. */
  readonly released: boolean;
  /** A deployment has begun to switch and has not come to its end. */
  readonly unfinished: boolean;
  readonly current?: string;
  readonly confirmed?: string;
  readonly previous?: string;
  readonly revisions: Readonly<Record<string, MarkedRevision>>;
}

const collection = "/mgmt/tm/ltm/data-group/internal";
const managedBy = "pulumi-certificates";

export async function readMark(bigIp: BigIp, object: string): Promise<Mark | undefined> {
  const json = await bigIp.read(`read the data group ${object}`, objectPath(collection, object));
  if (json === undefined) return undefined;
  const listed = Array.isArray(json.records) ? (json.records as { name?: string; data?: string }[]) : [];
  const records = new Map(listed.map(({ name = "", data = "" }) => [name, data]));
  const below = (prefix: string): [string, string][] =>
    [...records].flatMap(([name, data]) =>
      name.startsWith(prefix) ? [[decodeURIComponent(name.slice(prefix.length)), data]] : [],
    );
  const optional = (name: "current" | "confirmed" | "previous"): Partial<Mark> => {
    const value = records.get(name);
    return value === undefined ? {} : { [name]: value };
  };
  const owner = below("owner/").map(([name, data]) => [name, decodeURIComponent(data)] as const);
  return {
    instance: records.get("instance") ?? "",
    resource: decodeURIComponent(records.get("resource") ?? ""),
    profile: records.get("profile") ?? "",
    ...(owner.length > 0 && { owner: Object.fromEntries(owner) }),
    released: records.get("released") === "true",
    unfinished: records.get("unfinished") === "true",
    ...optional("current"),
    ...optional("confirmed"),
    ...optional("previous"),
    revisions: Object.fromEntries(below("revision/").map(([id, data]) => [id, revisionIn(data)])),
  };
}

/** Makes the data group; it was there already if this is false. */
export async function createMark(bigIp: BigIp, object: string, mark: Mark): Promise<boolean> {
  const [, partition = "", name = ""] = object.split("/");
  try {
    await bigIp.ask({
      doing: `make the data group ${object}`,
      path: collection,
      body: { name, partition, type: "string", ...bodyOf(mark) },
    });
    return true;
  } catch (error) {
    if (hasStatus(error, 409)) return false;
    throw error;
  }
}

export async function writeMark(bigIp: BigIp, object: string, mark: Mark): Promise<void> {
  const { body } = markChange(object, mark);
  const path = objectPath(collection, object);
  await bigIp.ask({ doing: `write the data group ${object}`, path, method: "PATCH", body });
}

export function removeMark(bigIp: BigIp, object: string): Promise<void> {
  return bigIp.remove(`delete the data group ${object}`, objectPath(collection, object));
}

export function markChange(object: string, mark: Mark): Change {
  return { collection, object, body: bodyOf(mark) };
}

/** Values that are not plain words are percent-encoded: the configuration file has a syntax of its own. */
function bodyOf(mark: Mark): Readonly<Record<string, unknown>> {
  const { instance, resource, profile, owner = {}, released, unfinished, current, confirmed, previous } = mark;
  const records = new Map<string, string | undefined>([
    ["instance", instance],
    ["resource", encodeURIComponent(resource)],
    ["profile", profile],
    ["released", released ? "true" : undefined],
    ["unfinished", unfinished ? "true" : undefined],
    ["current", current],
    ["confirmed", confirmed],
    ["previous", previous],
    ...Object.entries(owner).map(
      ([name, value]) => [`owner/${encodeURIComponent(name)}`, encodeURIComponent(value)] as const,
    ),
    ...Object.entries(mark.revisions).map(([id, revision]) => [`revision/${id}`, revisionText(revision)] as const),
  ]);
  return {
    description: `${managedBy}: ${encodeURIComponent(resource)}`,
    records: [...records].flatMap(([name, data]) => (data === undefined ? [] : [{ name, data }])),
  };
}

const fields = ["cert", "key", "chain", "fingerprintSha256", "source", "checksums"] as const;

function revisionText(revision: MarkedRevision): string {
  const given = new URLSearchParams();
  for (const field of fields) {
    const value = revision[field];
    if (value !== undefined) given.set(field, value);
  }
  if (revision.foreign === true) given.set("foreign", "true");
  return given.toString();
}

function revisionIn(data: string): MarkedRevision {
  const given = new URLSearchParams(data);
  const values = fields.flatMap((field) => {
    const value = given.get(field);
    return value === null ? [] : [[field, value] as const];
  });
  return {
    cert: "",
    key: "",
    ...Object.fromEntries(values),
    ...(given.get("foreign") === "true" && { foreign: true }),
  };
}
