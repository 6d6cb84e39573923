// ESLint rule: the folders of sdk/ import downwards only, and what runs in the program never loads the provider.
import { dirname, relative, resolve, sep } from "node:path";

/** From top to bottom. Folders in one row may import each other. */
const rows = [
  ["index"],
  ["exec"],
  ["resources"],
  ["provider"],
  ["lifecycle"],
  ["issuers", "solvers", "targets"],
  ["keystores"],
  ["acme", "x509", "verify", "net"],
  ["keys"],
  ["duration"],
  ["errors"],
];
const rowOf = (part) => rows.findIndex((row) => row.includes(part));
/** The program process must not load the provider's code, although it stands above it. */
const forbidden = [
  ["index", "provider"],
  ["resources", "provider"],
];

export const importDirection = {
  meta: {
    type: "problem",
    schema: [
      { type: "object", properties: { root: { type: "string" } }, required: ["root"], additionalProperties: false },
    ],
    messages: {
      up: "{{from}} must not import {{to}}: imports go down {{order}}.",
      unknown: "sdk/{{part}} has no place in the import order: give it one in tools/eslint/importDirection.mjs.",
    },
  },
  create(context) {
    const root = context.options[0].root;
    const partOf = (path) => relative(root, path).split(sep)[0].replace(/\.ts$/, "");
    const from = partOf(context.filename);
    const check = (source) => {
      if (typeof source?.value !== "string" || !source.value.startsWith(".")) return;
      const to = partOf(resolve(dirname(context.filename), source.value));
      if (from === to) return;
      for (const part of [from, to])
        if (rowOf(part) < 0) return context.report({ node: source, messageId: "unknown", data: { part } });
      const banned = forbidden.some(([a, b]) => a === from && b === to);
      if (!banned && rowOf(from) <= rowOf(to)) return;
      const order = rows.map((row) => row.join(", ")).join(" > ");
      context.report({ node: source, messageId: "up", data: { from, to, order } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
      "CallExpression[callee.name='require']": (node) => check(node.arguments[0]),
    };
  },
};
