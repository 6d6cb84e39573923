import type { Input } from "@pulumi/pulumi";
import { isAbsolute, join, normalize } from "node:path";
import { invalidArgument } from "../errors";
import type { Challenge } from "../acme/challenge";
import { propertiesOf, shown } from "./description";
import { onceDone } from "./onceDone";
import { defineSolver } from "./solver";
import { type WebrootPlace, removeFile, writeFile, assertWritable } from "./webrootFiles";

/** Arguments of `webroot`. */
export interface WebrootArgs {
  /**
   * The absolute path of the directory from which a web server on this machine serves port 80 of the names. It must
   * exist. Changing it takes effect with the next order.
   */
  readonly path: Input<string>;
}

/** A `webroot` solver in a program. */
export type WebrootSolver = WebrootArgs & { readonly kind: "webroot" };

/**
 * Answers http-01 with a file in the directory of a running web server: `.well-known/acme-challenge/<token>`, readable
 * by all. The file and the folders made for it are removed afterwards.
 */
export function webroot(args: WebrootArgs): WebrootSolver {
  return { ...args, kind: "webroot" };
}

export interface WebrootSpec {
  readonly path: string;
}

const folders = [".well-known", "acme-challenge"] as const;

function parseWebroot(value: unknown, property: string): WebrootSpec {
  const { path } = propertiesOf(value, property, { name: "webroot", known: ["path"] });
  const fix = 'Give the directory that the web server serves, as in "/var/www/html".';
  if (path === undefined) throw invalidArgument(`${property}.path`, "is missing.", fix);
  if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0")) {
    throw invalidArgument(`${property}.path`, `${shown(path)} is no absolute path.`, fix);
  }
  return { path: join(normalize(path), ".") };
}

function placeOf({ path }: WebrootSpec, { token, keyAuthorization }: Challenge): WebrootPlace {
  return { root: path, folders, name: token, content: keyAuthorization };
}

/** http-01 by a file under the root of a web server (RFC 8555, 8.3). */
export const webrootSolver = defineSolver<WebrootSpec, WebrootSolver>({
  kind: "webroot",
  challenge: "http-01",
  factory: webroot,
  secrets: [],
  parse: parseWebroot,
  preflight: ({ path }) => assertWritable(path, folders),
  async present(spec, challenge) {
    const place = placeOf(spec, challenge);
    await writeFile(place);
    return { ready: () => Promise.resolve(), remove: onceDone(() => removeFile(place, "ours")) };
  },
  removeLeftover: (spec, challenge) => removeFile(placeOf(spec, challenge), "leftover"),
});
