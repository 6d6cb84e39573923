import { invalidArgument } from "../errors";
import { filesTarget } from "./files";
import { type FilesProperties, type FilesSpec, parseFiles } from "./filesSpec";
import { type TargetKind, defineTarget } from "./target";

/** Arguments of `files`, and what a kind calls them. */
export type FilesDescription = Readonly<Record<string, unknown>> & { readonly properties?: FilesProperties };

export interface OnFiles<Args extends { readonly kind: string }> {
  readonly kind: Args["kind"];
  readonly factory: (...args: never[]) => Args;
  /** The names of its arguments. */
  readonly known: readonly string[];
  /**
   * The arguments of `files` that it stands for, with `properties` for the names that they have here; those given have
   * been read as far as their names go.
   */
  describe(given: Readonly<Record<string, unknown>>, property: string): FilesDescription;
  /** What else the server does not take, besides what files refuse: by the description, or by the certificate itself. */
  readonly acceptDescribed?: TargetKind<FilesSpec, Args>["acceptDescribed"];
  readonly accept?: TargetKind<FilesSpec, Args>["accept"];
}

/** A kind of target that is files, with what is particular to one server: its paths, its check, its reload. */
export function onFiles<Args extends { readonly kind: string }>(own: OnFiles<Args>): TargetKind<FilesSpec, Args> {
  const { kind, factory, known, describe, accept, acceptDescribed } = own;
  return defineTarget<FilesSpec, Args>({
    ...filesTarget,
    kind,
    factory,
    parse(value, property) {
      if (typeof value !== "object" || value === null)
        throw invalidArgument(property, "is no target.", `Use ${kind}({ … }).`);
      for (const name of Object.keys(value)) {
        if (name === "kind" || known.includes(name)) continue;
        throw invalidArgument(`${property}.${name}`, "unknown property.", `${kind} has ${known.join(", ")}.`);
      }
      const { properties, ...described } = describe(value as Record<string, unknown>, property);
      return parseFiles({ ...described, kind: "files" }, property, properties);
    },
    acceptDescribed(spec, certificate) {
      filesTarget.acceptDescribed?.(spec, certificate);
      acceptDescribed?.(spec, certificate);
    },
    accept: (spec, material) => accept?.(spec, material),
  });
}
