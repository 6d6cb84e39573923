// The pages of docs/reference as Markdown.
import { effectOf } from "./effect.mjs";

const generated = (sources) =>
  `<!-- Written by \`npm run docs\` from the doc comments in ${sources}/. Edit those. -->\n`;
const titles = { kubernetes: "Kubernetes", aws: "AWS" };

/**
 * @param {(import("./readApi.mjs").Api & { subpath: string })[]} apis that of the package itself first
 * @returns {Map<string, string>} path → text
 */
export function renderPages(apis) {
  const [main, ...others] = apis;
  const pages = new Map();
  for (const api of apis) {
    const { subpath, resources, functions, types } = api;
    const names = namesFor(api, main);
    const add = (file, parts) => {
      const path = subpath === "" ? file : `${subpath}/${file}`;
      const text = [generated(subpath === "" ? "sdk" : "components"), ...parts].join("\n").trimEnd();
      pages.set(path, `${text}\n`);
    };
    for (const resource of resources) add(pageOf(resource.name), resourcePage(resource, names));
    if (functions.length > 0) add("factories.md", factoriesPage(api, names));
    if (types.size > 0) add("types.md", typesPage(api, names));
    if (types.has("CertificatesError")) add("errors.md", errorsPage(api));
    if (api === main) add("README.md", indexPage(api, others));
  }
  return pages;
}

const pageOf = (name) => `${name[0].toLowerCase()}${name.slice(1)}.md`;
const anchorOf = (name) => name.toLowerCase();

/** What each documented name leads to from the pages of an API, and what it is imported from. */
function namesFor(api, main) {
  const moduleOf = ({ subpath }) => ["pulumi-certificates", subpath].filter((part) => part !== "").join("/");
  const names = { places: placesOf(api), modules: new Map() };
  for (const name of names.places.keys()) names.modules.set(name, moduleOf(api));
  if (api === main) return names;
  for (const [name, place] of placesOf(main)) {
    if (names.places.has(name)) continue;
    names.places.set(name, `../${place}`);
    names.modules.set(name, moduleOf(main));
  }
  return names;
}

/** Where each name stands that an API documents: `types.md#endpointargs`. */
function placesOf({ resources, functions, types }) {
  const places = new Map();
  for (const { name, argsName } of resources) {
    places.set(name, pageOf(name));
    places.set(argsName, `${pageOf(name)}#arguments`);
  }
  const ofFactories = factoryArguments(functions);
  for (const { name } of functions) places.set(name, `factories.md#${anchorOf(name)}`);
  for (const name of types.keys())
    places.set(name, `${ofFactories.has(name) ? "factories.md" : "types.md"}#${anchorOf(name)}`);
  for (const name of ["ErrorCode", "CertificatesError"]) if (places.has(name)) places.set(name, "errors.md");
  return places;
}

/** The types that stand below the functions whose arguments they are. */
function factoryArguments(functions) {
  return new Set(functions.map(({ argsName }) => argsName).filter((name) => /(Args|Options)$/.test(name)));
}

function resourcePage({ name, doc, example, token, isComponent, args, outputs, methods }, names) {
  const { places } = names;
  const [title, heading] = isComponent ? ["Properties", "Property"] : ["Outputs", "Output"];
  return [
    `# ${name}\n`,
    `${doc}\n`,
    `Type token: \`${token}\`\n`,
    ...(example === undefined ? [] : ["## Example\n", exampleBlock(example, names)]),
    "## Arguments\n",
    ...argumentsTable(args, places),
    `## ${title}\n`,
    `| ${heading} | Type | What it is |\n| --- | --- | --- |`,
    ...outputs.map((output) => row(`\`${output.name}\``, typeCell(output.type, places), output.doc)),
    "",
    ...methodsPart(methods),
  ];
}

function argumentsTable(args, places) {
  const rows = args.map((argument) => {
    const { meaning, effect } = effectOf(argument.doc);
    const fallback = argument.optional ? (argument.default ?? "") : "**required**";
    return row(`\`${argument.name}\``, typeCell(argument.type, places), meaning, effect, fallback);
  });
  return [
    "| Argument | Type | What it means | What a change does | Default |\n| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

function methodsPart(methods) {
  if (methods.length === 0) return [];
  return [
    "## Methods\n",
    "| Method | What it does |\n| --- | --- |",
    ...methods.map(({ name, type, doc }) => row(`\`${name}${type}\``, doc)),
    "",
  ];
}

/** A program: the example with the imports that it needs. */
function exampleBlock(example, { places, modules }) {
  const code = example.replace(/"[^"\n]*"/g, "");
  const words = new Set(code.match(/\b\w+\b/g));
  const providers = ["kubernetes", "aws"].filter((name) => new RegExp(`(?<!\\.)\\b${name}\\.`).test(code));
  const ours = new Map();
  for (const name of [...places.keys()].filter((name) => words.has(name)).sort())
    ours.set(modules.get(name), [...(ours.get(modules.get(name)) ?? []), name]);
  const imports = [
    ...(words.has("pulumi") ? ["pulumi", ...providers] : providers).map(
      (name) => `import * as ${name} from "@pulumi/${name}";`,
    ),
    ...[...ours].sort().map(([module, names]) => `import { ${names.join(", ")} } from "${module}";`),
  ];
  return `\`\`\`typescript\n${[...imports, "", example.trim()].join("\n")}\n\`\`\`\n`;
}

/** Whether it is another overload of the function before it, below whose heading it stands. */
const isFurther = (functions, index) => functions[index - 1]?.name === functions[index].name;

function factoriesPage({ subpath, functions, types }, names) {
  const { places } = names;
  const own = factoryArguments(functions);
  const parts = functions.flatMap(({ name, signature, doc, example, argsName }, index) => [
    ...(isFurther(functions, index) ? [] : [`## ${name}\n`]),
    `\`${signature}\`\n`,
    `${doc}\n`,
    ...(example === undefined ? [] : [exampleBlock(example, names)]),
    ...(own.has(argsName) && types.has(argsName) ? typePart(types.get(argsName), places, "###") : []),
  ]);
  const about =
    subpath === ""
      ? "Functions that describe issuers, keystores and targets as plain data."
      : "Functions beside the components.";
  return [subpath === "" ? "# Factories\n" : "# Functions\n", `${about}\n`, ...parts];
}

function typesPage({ resources, functions, types }, { places }) {
  const ofFactories = factoryArguments(functions);
  const elsewhere = (name) => ofFactories.has(name) || name === "ErrorCode" || name === "CertificatesError";
  // A base of arguments stands in the tables of the resources that have it.
  const isBase = ({ name, members = [] }) =>
    members.length > 0 && resources.some(({ args }) => args.some(({ owner }) => owner === name));
  const shown = [...types.values()].filter((type) => !elsewhere(type.name) && !isBase(type));
  shown.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    "# Types\n",
    "Types that arguments and outputs are made of.\n",
    ...shown.flatMap((type) => typePart(type, places, "##")),
  ];
}

function typePart({ name, doc, members = [], values, text, sameAs }, places, heading) {
  const body = [];
  if (sameAs) {
    const names = sameAs.members.map((member) => `\`${member}\``).join(", ");
    body.push(`Of [${sameAs.name}](${places.get(sameAs.name)}): ${names}.\n`);
  }
  if (members.some(({ kind }) => kind !== undefined)) body.push(...classTable(members, places));
  else if (members.length > 0) body.push(...memberTable(members, places));
  if (values) body.push(`One of ${values.map((value) => `\`"${value.name}"\``).join(", ")}.\n`);
  if (text) body.push(`${typeCell(text, places).replaceAll("\\|", "|")}\n`);
  return [`${heading} ${name}\n`, `${doc}\n`, ...body];
}

function memberTable(members, places) {
  if (members.every(({ doc, optional }) => !optional && !effectOf(doc).effect)) return classTable(members, places);
  if (members.some(({ doc }) => effectOf(doc).effect)) return argumentsTable(members, places);
  const rows = members.map(({ name, type, doc, optional, default: fallback }) =>
    row(`\`${name}\``, typeCell(type, places), doc, optional ? (fallback ?? "none") : "**required**"),
  );
  return ["| Property | Type | What it means | Default |\n| --- | --- | --- | --- |", ...rows, ""];
}

function classTable(members, places) {
  const rows = members.map(({ name, type, doc, kind }) =>
    row(`\`${name}${kind === "method" ? type : ""}\``, kind === "method" ? "" : typeCell(type, places), doc),
  );
  return ["| Member | Type | What it is |\n| --- | --- | --- |", ...rows, ""];
}

function errorsPage({ types }) {
  const { doc, members } = types.get("CertificatesError");
  const { doc: about, values } = types.get("ErrorCode");
  return [
    "# Errors\n",
    `${doc}\n`,
    ...classTable(members, new Map()),
    "## Codes\n",
    `${about} Cause and fix of each: [troubleshooting](../troubleshooting.md).\n`,
    "| Code | What it means |\n| --- | --- |",
    ...values.map((value) => row(`[\`${value.name}\`](../troubleshooting.md#${anchorOf(value.name)})`, value.doc)),
  ];
}

function indexPage(main, others) {
  const listOf = ({ subpath, resources, functions }, what, about) => {
    const folder = subpath === "" ? "" : `${subpath}/`;
    return [
      `| ${what} | What it is | Type token |\n| --- | --- | --- |`,
      ...resources.map(({ name, doc, token }) =>
        row(`[${name}](${folder}${pageOf(name)})`, firstSentence(doc), `\`${token}\``),
      ),
      "",
      ...(functions.length === 0 ? [] : [`| ${about}\n| --- | --- |`]),
      ...functions.map(({ name, doc, argsName }, index) => {
        const anchor = anchorOf(isFurther(functions, index) ? argsName : name);
        return row(`[${name}](${folder}factories.md#${anchor})`, firstSentence(doc));
      }),
      ...(functions.length === 0 ? [] : [""]),
    ];
  };
  return [
    "# API reference\n",
    'Everything that `import … from "pulumi-certificates"` gives.\n',
    ...listOf(main, "Resource", "Factory | What it describes |"),
    "[Factories](factories.md) · [Types](types.md) · [Errors](errors.md) · [How policy packs see these resources](../policy.md)\n",
    "Every argument may be a value, a promise or an output (`pulumi.Input`), every output is a `pulumi.Output`; the tables leave that out.\n",
    ...others.flatMap((api) => [
      `## ${titles[api.subpath]}\n`,
      `Everything that \`import … from "pulumi-certificates/${api.subpath}"\` gives, in a program that has \`@pulumi/${api.subpath}\`. [${titles[api.subpath]} in use](../${api.subpath}.md) · ${api.functions.length === 0 ? "" : `[Functions](${api.subpath}/factories.md) · `}[Types](${api.subpath}/types.md)\n`,
      ...(api.resources.length + api.functions.length === 0
        ? []
        : listOf(api, "Component", "Function | What it does |")),
    ]),
  ];
}

const firstSentence = (doc) => doc.replace(/\s+/g, " ").split(/(?<=\.)\s/)[0];

/** A type as code, each documented name in it a link. */
function typeCell(type, places) {
  if (type === "") return "";
  const parts = type.split(/((?<![.\w])[A-Z]\w+\b)/);
  const cell = parts.map((part) => {
    const place = places.get(part);
    if (place !== undefined) return `[\`${part}\`](${place})`;
    return part === "" ? "" : `\`${part}\``;
  });
  return cell.join("").replaceAll("``", "");
}

function row(...cells) {
  return `| ${cells.map((cell) => cell.replaceAll(/(?<!\\)\|/g, "\\|").replaceAll("\n", " ")).join(" | ")} |`;
}
