import {
  type F5CertKeyChain,
  type F5Configuration,
  type F5DataGroup,
  type F5File,
  type F5Profile,
  F5Error,
  assertCertificate,
  assertKey,
  entriesOf,
  shownCertificate,
  shownDataGroup,
  shownKey,
  shownProfile,
  usersOf,
} from "./f5Configuration";

export interface F5Command {
  readonly method: string;
  /** From `/mgmt/tm/` on, with the object's full path behind the collection. */
  readonly collection: string;
  readonly object?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface F5Outcome {
  readonly configuration: F5Configuration;
  readonly shown: Record<string, unknown>;
}

/** The text that was uploaded to a path on the BIG-IP. */
export type ReadUpload = (path: string) => string;

/** What people call the objects of a collection in messages. */
const called: Readonly<Record<string, string>> = {
  "sys/file/ssl-cert": "Certificate File",
  "sys/file/ssl-key": "Certificate Key File",
  "ltm/profile/client-ssl": "ClientSSL Profile",
  "ltm/data-group/internal": "value list",
};

/** Carries out one request on a configuration, without validating the whole. */
export function carryOut(configuration: F5Configuration, command: F5Command, readUpload: ReadUpload): F5Outcome {
  switch (command.collection) {
    case "sys/file/ssl-cert":
      return onFiles(configuration, "certs", command, readUpload);
    case "sys/file/ssl-key":
      return onFiles(configuration, "keys", command, readUpload);
    case "ltm/profile/client-ssl":
      return onProfiles(configuration, command);
    case "ltm/data-group/internal":
      return onDataGroups(configuration, command);
    default:
      throw new F5Error(404, `Public URI path not registered: /tm/${command.collection}`, 1);
  }
}

function onFiles(
  configuration: F5Configuration,
  store: "certs" | "keys",
  command: F5Command,
  readUpload: ReadUpload,
): F5Outcome {
  const show = store === "certs" ? shownCertificate : shownKey;
  const files = configuration[store];
  const install = (): F5File => {
    const { sourcePath } = command.body;
    if (typeof sourcePath !== "string" || !sourcePath.startsWith("file:"))
      throw new F5Error(400, '"source-path" must be specified', 26);
    const content = readUpload(sourcePath.replace(/^file:(\/\/)?/, ""));
    (store === "certs" ? assertCertificate : assertKey)(content);
    return { content, createTime: new Date().toISOString() };
  };
  const written = (object: string, file: F5File): F5Outcome => ({
    configuration: { ...configuration, [store]: new Map(files).set(object, file) },
    shown: show(object, file),
  });
  if (command.method === "POST") {
    assertKnown(command, ["name", "partition", "sourcePath"]);
    return written(newObject(command, files), install());
  }
  const [object, file] = existing(command, files);
  if (command.method === "GET") return { configuration, shown: show(object, file) };
  if (command.method === "PATCH") {
    assertKnown(command, ["sourcePath"]);
    return written(object, install());
  }
  if (usersOf(configuration, object).length > 0)
    throw new F5Error(400, `01071349:3: File object by name (${object}) is in use.`);
  return { configuration: { ...configuration, [store]: without(files, object) }, shown: {} };
}

const profileSettings = ["description", "ciphers", "sniDefault", "serverName", "authenticate", "cacheSize"];

function onProfiles(configuration: F5Configuration, command: F5Command): F5Outcome {
  const { profiles } = configuration;
  const [object, profile] = existing(command, profiles);
  if (command.method === "GET") return { configuration, shown: shownProfile(object, profile) };
  if (command.method !== "PATCH") throw new F5Error(405, `${command.method} is not supported here.`, 1);
  assertKnown(command, ["certKeyChain", "inheritCertkeychain", "cert", "key", "chain", ...profileSettings]);
  const { certKeyChain, inheritCertkeychain, cert, key, chain, ...settings } = command.body;
  if (certKeyChain !== undefined && [cert, key, chain].some((value) => value !== undefined)) {
    const problem = "cert-key-chain and profile cert/key/chain/passphrase options cannot be specified together.";
    throw new F5Error(400, `01b4002a:3: Client SSL profile (${object}):${problem}`);
  }
  const changed: F5Profile = {
    settings: { ...profile.settings, ...settings },
    ...(inheritCertkeychain !== "true" && entriesAfter(profile, certKeyChain)),
  };
  return {
    configuration: { ...configuration, profiles: new Map(profiles).set(object, changed) },
    shown: shownProfile(object, changed),
  };
}

/** A list in a PATCH replaces the whole list; a passphrase that is not sent again is gone. */
function entriesAfter(profile: F5Profile, given: unknown): Pick<F5Profile, "certKeyChain"> {
  if (given === undefined) return profile.certKeyChain === undefined ? {} : { certKeyChain: entriesOf(profile) };
  const entries = (given as Record<string, string>[]).map((entry): F5CertKeyChain => {
    const { name, cert, key, chain, passphrase, usage: _, ...unknown } = entry;
    for (const property of Object.keys(unknown)) throw new F5Error(400, `"${property}" unknown property`, 26);
    if (name === undefined || cert === undefined || key === undefined)
      throw new F5Error(400, "one or more properties must be specified", 26);
    return {
      name,
      cert,
      key,
      ...(chain !== undefined && chain !== "none" && { chain }),
      ...(passphrase !== undefined && { passphrase }),
    };
  });
  return { certKeyChain: entries };
}

function onDataGroups(configuration: F5Configuration, command: F5Command): F5Outcome {
  const { dataGroups } = configuration;
  const written = (object: string, group: F5DataGroup): F5Outcome => ({
    configuration: { ...configuration, dataGroups: new Map(dataGroups).set(object, group) },
    shown: shownDataGroup(object, group),
  });
  const { description, records, type } = command.body as Partial<F5DataGroup>;
  if (command.method === "POST") {
    assertKnown(command, ["name", "partition", "type", "description", "records"]);
    if (type === undefined) throw new F5Error(400, '"type" must be specified', 26);
    const group = { type, records: sorted(records ?? []), ...(description !== undefined && { description }) };
    return written(newObject(command, dataGroups), group);
  }
  const [object, group] = existing(command, dataGroups);
  if (command.method === "GET") return { configuration, shown: shownDataGroup(object, group) };
  if (command.method === "PATCH") {
    assertKnown(command, ["description", "records"]);
    return written(object, {
      ...group,
      ...(records !== undefined && { records: sorted(records) }),
      ...(description !== undefined && { description }),
    });
  }
  return { configuration: { ...configuration, dataGroups: without(dataGroups, object) }, shown: {} };
}

function sorted(records: F5DataGroup["records"]): F5DataGroup["records"] {
  return [...records].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function newObject({ collection, body }: F5Command, objects: ReadonlyMap<string, unknown>): string {
  const { name, partition = "Common" } = body;
  if (typeof name !== "string" || typeof partition !== "string" || !/^[\w.-]+$/.test(name))
    throw new F5Error(400, `0107008f:3: The name ${String(name)} is not valid.`);
  const object = `/${partition}/${name}`;
  if (objects.has(object)) {
    const problem = `The requested ${called[collection] ?? ""} (${object}) already exists in partition ${partition}.`;
    throw new F5Error(409, `01020066:3: ${problem}`);
  }
  return object;
}

function existing<Item>({ collection, object = "" }: F5Command, objects: ReadonlyMap<string, Item>): [string, Item] {
  const item = objects.get(object);
  if (item !== undefined) return [object, item];
  throw new F5Error(404, `01020036:3: The requested ${called[collection] ?? ""} (${object}) was not found.`);
}

function assertKnown({ body }: F5Command, known: readonly string[]): void {
  for (const property of Object.keys(body))
    if (!known.includes(property)) throw new F5Error(400, `"${property}" unknown property`, 26);
}

function without<Item>(objects: ReadonlyMap<string, Item>, object: string): ReadonlyMap<string, Item> {
  const rest = new Map(objects);
  rest.delete(object);
  return rest;
}
