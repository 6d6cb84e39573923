import { readFileSync } from "node:fs";
import { LineCounter, type Node, type YAMLMap, isMap, isScalar, parseDocument } from "yaml";
import { CertificatesError, messageOf, within } from "../../errors";
import { parseDuration } from "../../duration";
import { type NameConstraints, checkNameConstraints } from "../../x509/nameConstraints";
import { nameKinds, normalizeNames } from "../../x509/names";
import { defaultAlgorithm } from "../leafDefaults";
import { type MemberInputs, type Members, assertMemberName, manifestFields } from "./members";

/** What manifests may ask for: names, lifetime and keys outside are an error. */
export interface Permitted extends NonNullable<NameConstraints["permitted"]> {
  readonly maxDuration?: string;
  readonly keyAlgorithms?: string[];
}

const largestManifest = 5_000_000;
const subtrees = {
  dnsNames: "dnsDomains",
  ipAddresses: "ipRanges",
  uris: "uriDomains",
  emailAddresses: "emailAddresses",
} as const;

/** Members of manifests that other teams edit: YAML or JSON, data only, within what the set permits. */
export function readManifests(
  paths: readonly string[],
  permitted: Permitted | undefined,
  programMembers: Members,
): Members {
  const members: Record<string, MemberInputs> = {};
  for (const path of paths) {
    for (const { name, member, line } of readManifest(path)) {
      const where = `${path}:${line}: certificates["${name}"]`;
      if (name in members || name in programMembers)
        refuse(`${where}: the member exists already.`, "Give each member one place and one name.");
      if (permitted === undefined)
        refuse(
          `${where}: the set does not say what manifests may ask for.`,
          "Give the set permitted: { dnsDomains: [...] }.",
        );
      assertPermitted(member, permitted, where);
      members[name] = member;
    }
  }
  return members;
}

interface ManifestMember {
  readonly name: string;
  readonly member: MemberInputs;
  readonly line: number;
}

function readManifest(path: string): ManifestMember[] {
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, uniqueKeys: true });
  const lineOf = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const problem = document.errors[0];
  if (problem !== undefined) {
    const line = lines.linePos(problem.pos[0]).line;
    refuse(
      `${path}:${line}: ${problem.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? "malformed"}.`,
      "Correct the YAML or JSON.",
    );
  }
  const root = document.contents;
  const form = "A manifest is an object with the one key `certificates`, a map from member name to its arguments.";
  if (!isMap(root)) return refuse(`${path}:1: is no object.`, form);
  const stranger = root.items.find((pair) => keyOf(pair.key) !== "certificates");
  if (stranger !== undefined) refuse(`${path}:${lineOf(stranger.key)}: "${keyOf(stranger.key)}" is not known.`, form);
  const certificates = root.get("certificates", true);
  if (!isMap(certificates)) return refuse(`${path}:${lineOf(certificates)}: certificates is no map.`, form);
  return certificates.items.map((pair) => {
    const name = keyOf(pair.key);
    const line = lineOf(pair.key as Node);
    assertMemberName(name, `${path}:${line}: certificates`);
    if (!isMap(pair.value)) return refuse(`${path}:${line}: certificates["${name}"] is no object.`, form);
    assertFields(pair.value, `${path}`, name, lineOf);
    return { name, member: pair.value.toJS(document) as MemberInputs, line };
  });
}

function textOf(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CertificatesError("MalformedInput", `manifests: "${path}" cannot be read: ${messageOf(cause)}.`, {
      hint: "Paths are relative to the program's folder.",
      cause,
    });
  }
  if (text.length > largestManifest) refuse(`${path}:1: is larger than 5 MB.`, "Divide it.");
  return text;
}

function assertFields(member: YAMLMap, path: string, name: string, lineOf: (node: Node) => number): void {
  for (const { key } of member.items) {
    const field = keyOf(key);
    if (manifestFields.includes(field)) continue;
    refuse(
      `${path}:${lineOf(key as Node)}: certificates["${name}"].${field} is nothing that a manifest may say.`,
      `It may say ${manifestFields.join(", ")}.`,
    );
  }
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function assertPermitted(member: MemberInputs, permitted: Permitted, where: string): void {
  const names = within(where, () =>
    normalizeNames(Object.fromEntries(nameKinds.flatMap((kind) => (member[kind] ? [[kind, member[kind]]] : [])))),
  );
  for (const kind of nameKinds) {
    if ((names[kind]?.length ?? 0) > 0 && permitted[subtrees[kind]] === undefined) {
      refuse(
        `${where}.${kind}: ${kind} are not permitted.`,
        `Leave them out, or have permitted.${subtrees[kind]} added to the set.`,
      );
    }
  }
  const violation = checkNameConstraints(names, { permitted });
  if (violation !== undefined)
    refuse(
      `${where}: "${violation.name}" is outside of ${violation.rule}.`,
      "Use a name inside, or have permitted extended on the set.",
    );
  const { commonName, duration, privateKey } = member;
  if (commonName !== undefined && !(names.dnsNames ?? []).includes(commonName.toLowerCase())) {
    refuse(`${where}.commonName: "${commonName}" is none of its dnsNames.`, "Use one of them, or leave it out.");
  }
  const { maxDuration, keyAlgorithms } = permitted;
  const longest = maxDuration === undefined ? Infinity : parseDuration(maxDuration, "permitted.maxDuration");
  // What a manifest leaves out is the set's own, whose author may ask for anything.
  if (duration !== undefined && within(where, () => parseDuration(duration, "duration")) > longest)
    refuse(`${where}.duration: "${duration}" is longer than the ${maxDuration} that are permitted.`, "Ask for less.");
  const algorithm = privateKey === undefined ? undefined : (privateKey.algorithm ?? defaultAlgorithm);
  if (keyAlgorithms !== undefined && algorithm !== undefined && !keyAlgorithms.includes(algorithm)) {
    refuse(
      `${where}.privateKey.algorithm: "${algorithm}" is not permitted.`,
      `Use one of ${keyAlgorithms.join(", ")}.`,
    );
  }
}

function refuse(problem: string, fix: string): never {
  throw new CertificatesError("MalformedInput", problem, { hint: fix });
}
