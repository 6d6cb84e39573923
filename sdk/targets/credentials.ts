/**
 * Names of properties that are credentials in whatever a factory made: a target, a keystore, a host. The environment of
 * a deploy hook holds them.
 */
const credentialNames = new Set(["password", "passphrase", "privateKey", "secret", "token", "environment"]);

/** What was taken out of a description, by where it stood: `/files/web.p12/password`. */
export type TakenCredentials = Readonly<Record<string, unknown>>;

/**
 * Takes the credentials out of a description, so that the rest can stand in the state. They are the properties of the
 * names above in objects that have a `kind`; a file may be called `token`. Values that are not plain data (outputs,
 * promises) are left as they are.
 */
export function takeCredentials(value: unknown): { rest: unknown; credentials: Record<string, unknown> } {
  const credentials: Record<string, unknown> = {};
  const walk = (inner: unknown, path: string): unknown => {
    if (Array.isArray(inner)) return inner.map((item, index) => walk(item, `${path}/${index}`));
    if (!isPlain(inner)) return inner;
    const entries: [string, unknown][] = [];
    for (const [name, item] of Object.entries(inner)) {
      const at = `${path}/${escape(name)}`;
      if (typeof inner.kind === "string" && credentialNames.has(name)) {
        if (item !== undefined) credentials[at] = item;
      } else entries.push([name, walk(item, at)]);
    }
    return Object.fromEntries(entries);
  };
  return { rest: walk(value, ""), credentials };
}

/** Puts them back where they stood; those whose place is gone are left out. */
export function giveCredentials(value: unknown, credentials: TakenCredentials): unknown {
  const walk = (inner: unknown, path: string): unknown => {
    if (Array.isArray(inner)) return inner.map((item, index) => walk(item, `${path}/${index}`));
    if (!isPlain(inner)) return inner;
    const entries = Object.entries(inner).map(([name, item]): [string, unknown] => [
      name,
      walk(item, `${path}/${escape(name)}`),
    ]);
    for (const name of credentialNames) {
      const credential = credentials[`${path}/${name}`];
      if (credential !== undefined) entries.push([name, credential]);
    }
    return Object.fromEntries(entries);
  };
  return walk(value, "");
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** As in a JSON pointer (RFC 6901). */
function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
