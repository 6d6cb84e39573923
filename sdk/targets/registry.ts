import { invalidArgument } from "../errors";
import { apacheTarget } from "./apache";
import { envoyTarget } from "./envoy";
import { execTarget } from "./exec";
import { f5Target } from "./f5";
import { filesTarget } from "./files";
import { haproxyTarget } from "./haproxy";
import { javaKeystoreTarget } from "./javaKeystore";
import { javaTrustStoreTarget } from "./javaTrustStore";
import { nginxTarget } from "./nginx";
import { postgresqlTarget } from "./postgresql";
import type { TargetKind } from "./target";
import { trustStoreTarget } from "./trustStore";

/** Every kind of target. A new kind is one file, one line here, and one fixture for the contract suite. */
export const targetKinds = [
  filesTarget,
  nginxTarget,
  apacheTarget,
  haproxyTarget,
  postgresqlTarget,
  envoyTarget,
  javaKeystoreTarget,
  execTarget,
  f5Target,
  trustStoreTarget,
  javaTrustStoreTarget,
] as const;

type Factory<Kind> = Kind extends { readonly factory: (...args: never[]) => infer Args } ? Args : never;

/** A target as the factories (`files(…)`) return it. */
export type TargetArgs = Factory<(typeof targetKinds)[number]>;

/** A kind, where it does not matter which one. */
export type AnyTargetKind = TargetKind<unknown, { readonly kind: string }>;

const byName: ReadonlyMap<string, AnyTargetKind> = new Map(
  targetKinds.map((kind) => [kind.kind, kind as unknown as AnyTargetKind]),
);

/** The kind that a description names. */
export function kindOfTarget(target: unknown, property: string): AnyTargetKind {
  const kind = typeof target === "object" && target !== null ? (target as { kind?: unknown }).kind : undefined;
  const found = typeof kind === "string" ? byName.get(kind) : undefined;
  if (found !== undefined) return found;
  const problem = `${JSON.stringify(kind) ?? "nothing"} is no kind of target.`;
  throw invalidArgument(
    property,
    problem,
    `Use one of: ${[...byName.keys()].map((name) => `${name}({ … })`).join(", ")}.`,
  );
}
