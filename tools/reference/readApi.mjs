// Reads the public API with the TypeScript compiler: what the entry file exports, and every type that it leads to.
import { createRequire } from "node:module";
import { relative, sep } from "node:path";
import { resourceClass, tokenOf } from "./classes.mjs";
import { sourceProgram } from "./sourceProgram.mjs";
import { commentsInUnion, oneLine, shortenedType, signatureOf, typeText } from "./typeText.mjs";

const ts = createRequire(import.meta.url)("typescript");

/**
 * A member: an argument, an output, a method or a property.
 *
 * @typedef {{ name: string, type: string, owner?: string, optional: boolean, doc: string, default?: string, kind?: string }} Member
 * @typedef {{ name: string, doc: string, example?: string, where: string }} Documented
 * @typedef {Documented & { token?: string, isComponent: boolean, args: Member[], argsName: string, outputs: Member[],
 *   methods: Member[] }} ResourceApi
 * @typedef {Documented & { signature: string, argsName?: string }} FunctionApi
 * @typedef {Documented & { members?: Member[], values?: { name: string, doc: string }[],
 *   text?: string, sameAs?: { name: string, members: string[] } }} TypeApi
 * @typedef {{ resources: ResourceApi[], functions: FunctionApi[], types: Map<string, TypeApi> }} Api
 */

/**
 * The public API behind each entry file. What one of them has documented, those after it only name.
 *
 * @param {string} root the folder of the sources that belong to the package
 * @param {string[]} entries paths of the entry files, that of the package itself first
 * @returns {Api[]}
 */
export function readApis(root, entries) {
  const program = sourceProgram(entries);
  const [known, apis] = [new Set(), []];
  for (const entry of entries) {
    const source = program.getSourceFile(entry);
    if (source === undefined) throw new Error(`${entry} cannot be read.`);
    apis.push(new Reader(program.getTypeChecker(), root, new Set(known)).read(source));
    // Only what the package itself exports: the subpaths do not know each other.
    if (apis.length === 1) for (const name of namesOf(apis[0])) known.add(name);
  }
  return apis;
}

function namesOf({ resources, functions, types }) {
  return [...resources.flatMap(({ name, argsName }) => [name, argsName]), ...functions.map(nameOf), ...types.keys()];
}

const nameOf = ({ name }) => name;

class Reader {
  resources = [];
  functions = [];
  types = new Map();

  constructor(checker, root, known) {
    this.checker = checker;
    this.root = root;
    this.known = known;
  }

  read(source) {
    const { checker } = this;
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
    for (const alias of exported) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
      const declaration = symbol.declarations[0];
      if (ts.isFunctionDeclaration(declaration))
        this.functions.push(...overloadsOf(symbol).map((each) => this.functionApi(symbol, each)));
      else if (this.isResource(declaration)) this.resources.push(this.resourceApi(symbol, declaration));
      else this.typeApi(symbol);
    }
    for (const { argsName } of this.resources) this.types.delete(argsName);
    return { resources: this.resources, functions: this.functions, types: this.types };
  }

  isResource(declaration) {
    return ts.isClassDeclaration(declaration) && resourceClass(declaration, this.checker) !== undefined;
  }

  /** Whether a file is a source of the package. */
  isOwn(file) {
    return file.startsWith(this.root + sep) && !file.includes(`${sep}node_modules${sep}`);
  }

  documented(symbol) {
    const { checker } = this;
    const declaration = symbol.declarations[0];
    const tags = symbol.getJsDocTags(checker);
    const example = tags.find((tag) => tag.name === "example");
    return {
      name: symbol.name,
      doc: withoutLinks(ts.displayPartsToString(symbol.getDocumentationComment(checker))),
      ...(example && { example: ts.displayPartsToString(example.text) }),
      where: `${relative(this.root, declaration.getSourceFile().fileName)}: ${symbol.name}`,
    };
  }

  resourceApi(symbol, declaration) {
    const { declarations, base } = resourceClass(declaration, this.checker);
    const constructor = declaration.members.find(ts.isConstructorDeclaration);
    const argsNode = constructor.parameters[1].type;
    const members = declarations.flatMap((each) => this.ownMembers(each));
    return {
      ...this.documented(symbol),
      token: tokenOf(symbol.name, base, constructor, this.checker),
      isComponent: base === "ComponentResource",
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
    if (this.types.has(symbol.name) || this.known.has(symbol.name)) return;
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
      if (this.isOwn(file)) return true;
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
      const named = declaration && !ts.isTypeParameterDeclaration(declaration) && !this.isResource(declaration);
      if (named && this.isOwn(file) && shortenedType(node) === undefined) this.typeApi(symbol);
    }
    ts.forEachChild(node, (child) => this.follow(child));
  }
}

/** `{@link ssh}` as it is read: `ssh`. */
const withoutLinks = (doc) => doc.replaceAll(/\{@link ([^}]+)\}/g, "`$1`");

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
