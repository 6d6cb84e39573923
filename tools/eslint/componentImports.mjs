// ESLint rule: components stand on the public API of sdk/ and do not know those of other services.
import { dirname, relative, resolve, sep } from "node:path";

/** What of sdk/ components may import. */
const open = ["index", "errors"];
/** The folders of components/, which can be imported by their name alone. */
const services = ["aws", "kubernetes"];

export const componentImports = {
  meta: {
    type: "problem",
    schema: [
      { type: "object", properties: { root: { type: "string" } }, required: ["root"], additionalProperties: false },
    ],
    messages: {
      inside: "A component imports sdk/index or sdk/errors, not {{to}}: what it needs belongs to the public API.",
      other: "{{from}} must not import {{to}}: services do not know each other.",
    },
  },
  create(context) {
    const { root } = context.options[0];
    const partsOf = (path) => relative(root, path).split(sep);
    const [, service] = partsOf(context.filename);
    const check = (source) => {
      if (typeof source?.value !== "string" || !source.value.startsWith(".")) return;
      const target = resolve(dirname(context.filename), source.value);
      const [top, second, ...rest] = partsOf(target);
      const to = partsOf(target).join("/");
      if (top === "sdk") {
        if (second !== undefined && (rest.length > 0 || !open.includes(second)))
          context.report({ node: source, messageId: "inside", data: { to } });
        return;
      }
      const isService = (rest.length > 0 || services.includes(second)) && second !== service;
      if (top !== "components" || isService)
        context.report({ node: source, messageId: "other", data: { from: partsOf(context.filename).join("/"), to } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
    };
  },
};
