// What a public API must say: every member what it is, every optional argument its default, every argument of a
// resource what a change of it does.
import { effectOf } from "./effect.mjs";

/** Types whose members need no `@default`, with the reason. */
const withoutDefaults = new Map([
  ["DistinguishedName", "a part that is left out is not in the name"],
  ["NameConstraints", "a side that is left out constrains nothing"],
  ["NameSubtrees", "a kind of name that is left out is not constrained"],
  ["CaBundlePatchArgs", "a patch leaves what is left out of it as it is"],
  ["ErrorDetails", "describes an error that the package makes, nobody passes it"],
]);

/** Arguments of resources that need not say what a change does, with the reason. */
const withoutEffect = new Map([
  ["CertificateAuthorityArgs.signedBy", "it decides how a CA comes about; a change is an error or a new CA"],
]);

/** Changes what the children get, and does what a change of theirs does; without it they are as they are. */
const lastWord = "transform";

export function audit({ resources, functions, types }) {
  const problems = [];
  const missing = (where, what) => problems.push(`${where} ${what}.`);
  for (const one of [...resources, ...functions, ...types.values()])
    if (!one.doc) missing(one.where, "has no doc comment");
  for (const { where, example, token } of resources) {
    if (!example) missing(where, "has no @example");
    if (!token) missing(where, "passes no text as its type token to super");
  }
  for (const { where, values = [], name } of types.values())
    if (name === "ErrorCode")
      for (const value of values) if (!value.doc) missing(`${where}.${value.name}`, "has no doc comment");
  for (const resource of resources) {
    const { argsName, args, outputs, methods, where } = resource;
    for (const { name, doc } of [...outputs, ...methods]) if (!doc) missing(`${where}.${name}`, "has no doc comment");
    auditMembers(argsName, args, missing);
    for (const { name, doc } of args) {
      if (doc && name !== lastWord && !effectOf(doc).effect && !withoutEffect.has(`${argsName}.${name}`))
        missing(`${argsName}.${name}`, 'does not say what a change does: a sentence that begins with "Changing"');
    }
  }
  for (const { name, members = [] } of types.values()) auditMembers(name, members, missing);
  return [...new Set(problems)].sort();
}

function auditMembers(owner, members, missing) {
  for (const member of members) {
    const where = `${owner}.${member.name}`;
    if (!member.doc) missing(where, "has no doc comment");
    const arguments_ = member.kind === undefined;
    const needsDefault = arguments_ && member.optional && member.name !== lastWord;
    if (needsDefault && member.default === undefined && !withoutDefaults.has(member.owner))
      missing(where, "is optional and has no @default");
  }
}
