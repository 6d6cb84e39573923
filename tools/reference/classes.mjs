// What the classes of resources say besides their members.
import { createRequire } from "node:module";

const ts = createRequire(import.meta.url)("typescript");
const isBase = /(?:^|\.)(CustomResource|ComponentResource)$/;

/** The expression after `extends`. */
export function baseOf(declaration) {
  const clause = declaration.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  return clause?.types[0].expression;
}

/**
 * A class of resources with those of this package that it extends, itself first, and what the last one extends.
 *
 * @returns {{ declarations: object[], base: "CustomResource" | "ComponentResource" } | undefined} undefined if it is none
 */
export function resourceClass(declaration, checker) {
  const expression = baseOf(declaration);
  if (expression === undefined) return undefined;
  const base = isBase.exec(expression.getText())?.[1];
  if (base !== undefined) return { declarations: [declaration], base };
  let symbol = checker.getSymbolAtLocation(expression);
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const above = symbol?.declarations?.find(ts.isClassDeclaration);
  const found = above && resourceClass(above, checker);
  return found && { ...found, declarations: [declaration, ...found.declarations] };
}

/** The type token: of a dynamic resource from its class, of a component what its constructor passes on. */
export function tokenOf(name, base, constructor, checker) {
  if (base === "CustomResource") return `pulumi-nodejs:dynamic/certificates:${name}`;
  const call = constructor.body?.statements.map(superCall).find((found) => found !== undefined);
  const type = call?.arguments[0] && checker.getTypeAtLocation(call.arguments[0]);
  return type?.isStringLiteral() ? type.value : undefined;
}

function superCall(statement) {
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return undefined;
  const { expression } = statement.expression;
  return expression.kind === ts.SyntaxKind.SuperKeyword ? statement.expression : undefined;
}
