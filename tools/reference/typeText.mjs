// Types and signatures as the reference shows them.
import { createRequire } from "node:module";

const ts = createRequire(import.meta.url)("typescript");
const wrappers = /^(?:pulumi\.)?(?:Input|Output)$/;

/** A type as readers need it: without `pulumi.Input` and `pulumi.Output`, which every argument and output may have. */
export function typeText(node) {
  if (ts.isTypeReferenceNode(node)) {
    const short = shortenedType(node);
    if (short !== undefined) return typeText(short);
    const name = node.typeName.getText();
    const args = (node.typeArguments ?? []).map(typeText);
    if (wrappers.test(name)) return args[0];
    return args.length === 0 ? name : `${name}<${args.join(", ")}>`;
  }
  if (ts.isArrayTypeNode(node)) {
    const element = typeText(node.elementType);
    return / /.test(element) ? `(${element})[]` : `${element}[]`;
  }
  if (ts.isUnionTypeNode(node)) return [...new Set(node.types.map(typeText))].join(" | ");
  if (ts.isIntersectionTypeNode(node)) return node.types.map(typeText).join(" & ");
  if (ts.isTypeLiteralNode(node)) return literalText(node);
  if (ts.isTypeOperatorNode(node)) return typeText(node.type);
  if (ts.isParenthesizedTypeNode(node)) return `(${typeText(node.type)})`;
  return oneLine(node.getText());
}

/**
 * The type for which a file has a short name of its own, `type Rule = kubernetes.types.input.networking.v1.IngressRule`:
 * programs cannot use that name.
 */
export function shortenedType(node) {
  const name = node.typeName.getText();
  const alias = node
    .getSourceFile()
    .statements.find((each) => ts.isTypeAliasDeclaration(each) && each.name.text === name);
  if (alias === undefined || alias.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    return undefined;
  return ts.isTypeReferenceNode(alias.type) && ts.isQualifiedName(alias.type.typeName) ? alias.type : undefined;
}

/** `{ a?: string; b: number }`, without the comments in it. */
function literalText({ members }) {
  const texts = members.map((member) => {
    if (!ts.isPropertySignature(member) || member.type === undefined) return oneLine(member.getText());
    return `${member.name.getText()}${member.questionToken ? "?" : ""}: ${typeText(member.type)}`;
  });
  return `{ ${texts.join("; ")} }`;
}

export function signatureOf(declaration) {
  const parameters = declaration.parameters.map((parameter) => oneLine(parameter.getText()));
  return `(${parameters.join(", ")})${declaration.type ? `: ${oneLine(declaration.type.getText())}` : ""}`;
}

/** The doc comments that stand before the members of a union of texts. */
export function commentsInUnion(node) {
  const docs = new Map();
  if (!ts.isUnionTypeNode(node)) return docs;
  const text = node.getSourceFile().text;
  let end = node.pos;
  for (const part of node.types) {
    const comment = /\/\*\*([\s\S]*?)\*\//.exec(text.slice(end, part.getStart()))?.[1];
    if (comment !== undefined && ts.isLiteralTypeNode(part))
      docs.set(part.literal.text, oneLine(comment.replace(/^\s*\*\s?/gm, "")));
    end = part.end;
  }
  return docs;
}

export function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}
