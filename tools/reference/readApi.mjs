// Reads the public API with the TypeScript compiler: what the entry file exports, and every type that it leads to.
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { repository } from "../setup.mjs";
import { commentsInUnion, oneLine, signatureOf, typeText } from "./typeText.mjs";

const ts = createRequire(import.meta.url)("typescript");
const resourceClass = "CustomResource";

/**
 * A member: an argument, an output, a method or a property.
 *
 * @typedef {{ name: string, type: string, owner?: string, optional: boolean, doc: string, default?: string, kind?: string }} Member
 * @typedef {{ name: string, doc: string, example?: string, where: string }} Documented
 * @typedef {Documented & { token: string, args: Member[], argsName: string, outputs: Member[], methods: Member[] }} ResourceApi
 * @typedef {Documented & { signature: string, argsName?: string }} FunctionApi
 * @typedef {Documented & { members?: Member[], values?: { name: string, doc: string }[],
 *   text?: string, sameAs?: { name: string, members: string[] } }} TypeApi
 */

/** @returns {{ resources: ResourceApi[], functions: FunctionApi[], types: Map<string, TypeApi> }} */
export function readApi(entry) {
  const config = ts.readConfigFile(join(repository, "tsconfig.json"), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
  const program = ts.createProgram([entry], { ...options, noEmit: true });
  const source = program.getSourceFile(entry);
  if (source === undefined) throw new Error(`${entry} cannot be read.`);
  const checker = program.getTypeChecker();
  return new Reader(checker, dirname(entry)).read(source);
}

class Reader {
  resources = [];
  functions = [];
  types = new Map();

  constructor(checker, root) {
    this.checker = checker;
    this.root = root;
  }

  read(source) {
    const { checker } = this;
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
    for (const alias of exported) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
      const declaration = symbol.declarations[0];
      if (ts.isFunctionDeclaration(declaration))
        this.functions.push(...overloadsOf(symbol).map((each) => this.functionApi(symbol, each)));
      else if (ts.isClassDeclaration(declaration) && this.isResource(declaration))
        this.resources.push(this.resourceApi(symbol, declaration));
      else this.typeApi(symbol);
    }
    for (const { argsName } of this.resources) this.types.delete(argsName);
    return { resources: this.resources, functions: this.functions, types: this.types };
  }

  isResource(declaration) {
    const base = declaration.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword);
    return base?.types[0].expression.getText().endsWith(resourceClass) ?? false;
  }

  documented(symbol) {
    const { checker } = this;
    const declaration = symbol.declarations[0];
    const tags = symbol.getJsDocTags(checker);
    const example = tags.find((tag) => tag.name === "example");
    return {
      name: symbol.name,
      doc: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      ...(example && { example: ts.displayPartsToString(example.text) }),
      where: `${declaration.getSourceFile().fileName.slice(this.root.length + 1)}: ${symbol.name}`,
    };
  }

  resourceApi(symbol, declaration) {
    const constructor = declaration.members.find(ts.isConstructorDeclaration);
    const argsNode = constructor.parameters[1].type;
    const members = this.ownMembers(declaration);
    return {
      ...this.documented(symbol),
      token: `pulumi-nodejs:dynamic/certificates:${symbol.name}`,
      argsName: argsNode.getText(),
      args: this.membersOf(this.checker.getTypeAtLocation(argsNode)),
      outputs: members.filter(({ kind }) => kind === "property"),
      methods: members.filter(({ kind }) => kind === "method"),
    };
  }

  /** Public members that the class itself declares. */
  ownMembers(declaration) {
    return declaration.members.flatMap((member) => {
      if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return [];
      const symbol = this.checker.getSymbolAtLocation(member.name);
      if (isHidden(member, symbol, this.checker)) return [];
      if (ts.isMethodDeclaration(member)) return [{ ...this.member(symbol, signatureOf(member)), kind: "method" }];
      return ts.isPropertyDeclaration(member) ? [{ ...this.member(symbol), kind: "property" }] : [];
    });
  }

  functionApi(symbol, declaration) {
    for (const parameter of declaration.parameters) this.follow(parameter.type);
    const argsName = declaration.parameters[0]?.type?.getText();
    const signature = `${symbol.name}${signatureOf(declaration).replace(/: [\w<>]+$/, "")}`;
    const doc = ts.displayPartsToString(
      this.checker.getSignatureFromDeclaration(declaration).getDocumentationComment(this.checker),
    );
    return { ...this.documented(symbol), doc, signature, ...(argsName && { argsName }) };
  }

  /** Documents an interface, a class or a type alias of this package, once. */
  typeApi(symbol) {
    if (this.types.has(symbol.name)) return;
    const declaration = symbol.declarations[0];
    const api = this.documented(symbol);
    this.types.set(symbol.name, api);
    const picked = pickedFrom(declaration);
    if (picked !== undefined) api.sameAs = { name: picked, members: this.namesIn(symbol) };
    else if (ts.isClassDeclaration(declaration)) api.members = this.ownMembers(declaration);
    else if (ts.isInterfaceDeclaration(declaration))
      api.members = this.membersOf(this.checker.getDeclaredTypeOfSymbol(symbol));
    else if (ts.isTypeAliasDeclaration(declaration)) this.aliasApi(api, declaration.type);
  }

  /** A closed set of texts, or whatever else an alias stands for. */
  aliasApi(api, node) {
    const type = this.checker.getTypeAtLocation(node);
    const parts = type.isUnion() ? type.types : [type];
    if (parts.every((part) => part.isStringLiteral())) {
      const docs = commentsInUnion(node);
      api.values = parts.map(({ value }) => ({ name: value, doc: docs.get(value) ?? "" }));
    } else if (!this.isDerived(node)) {
      api.text = typeText(node);
      this.follow(node);
    }
  }

  /** Types that are computed from a registry: their doc comment says more than their text. */
  isDerived(node) {
    if (ts.isTypeQueryNode(node)) return true;
    if (ts.isTypeReferenceNode(node) && node.typeArguments) {
      const file = this.checker.getSymbolAtLocation(node.typeName)?.declarations?.[0]?.getSourceFile().fileName ?? "";
      if (file.startsWith(this.root + sep)) return true;
    }
    return ts.forEachChild(node, (child) => this.isDerived(child)) ?? false;
  }

  namesIn(symbol) {
    const properties = this.checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    return properties.map(({ name }) => name);
  }

  membersOf(type) {
    return type
      .getProperties()
      .filter((symbol) => !isHidden(symbol.declarations[0], symbol, this.checker))
      .map((symbol) => this.member(symbol));
  }

  member(symbol, signature) {
    const declaration = symbol.declarations[0];
    if (signature === undefined) this.follow(declaration.type);
    const tag = symbol.getJsDocTags(this.checker).find(({ name }) => name === "default");
    return {
      name: symbol.name,
      type: signature ?? (declaration.type ? typeText(declaration.type) : ""),
      owner: declaration.parent?.name?.getText(),
      optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
      doc: oneLine(ts.displayPartsToString(symbol.getDocumentationComment(this.checker))),
      ...(tag && { default: oneLine(ts.displayPartsToString(tag.text)) }),
    };
  }

  /** Documents the types of this package that a type names. */
  follow(node) {
    if (node === undefined) return;
    if (ts.isTypeReferenceNode(node)) {
      let symbol = this.checker.getSymbolAtLocation(node.typeName);
      if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol);
      const declaration = symbol?.declarations?.[0];
      const file = declaration?.getSourceFile().fileName ?? "";
      const named =
        declaration && !ts.isTypeParameterDeclaration(declaration) && !this.isResourceDeclaration(declaration);
      if (named && file.startsWith(this.root + sep)) this.typeApi(symbol);
    }
    ts.forEachChild(node, (child) => this.follow(child));
  }

  isResourceDeclaration(declaration) {
    return ts.isClassDeclaration(declaration) && this.isResource(declaration);
  }
}

/** The interface of which an alias is a `Pick<…>`. */
function pickedFrom(declaration) {
  if (!ts.isTypeAliasDeclaration(declaration)) return undefined;
  return /^Pick<\s*(\w+)/.exec(declaration.type.getText())?.[1];
}

/** The declarations of a function that its callers see: without the one that has the body, where there are several. */
function overloadsOf(symbol) {
  const { declarations } = symbol;
  return declarations.length === 1 ? declarations : declarations.filter(({ body }) => body === undefined);
}

function isHidden(declaration, symbol, checker) {
  const flags = declaration && ts.getCombinedModifierFlags(declaration);
  if (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return true;
  return symbol.getJsDocTags(checker).some(({ name }) => name === "internal");
}
