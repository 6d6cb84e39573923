// ESLint rule: code that only some runs need is loaded when they do, in the one form that TypeScript and bundlers see:
// require("./x") as typeof import("./x"), inside a function.

const functions = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

export const lazyRequire = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      literal: "require takes one literal here, so that TypeScript and bundlers see what is loaded.",
      typed: 'Write require("{{path}}") as typeof import("{{path}}"): without it, what is loaded has no type.',
      top: 'Outside of a function nothing is lazy: import from "{{path}}".',
    },
  },
  create(context) {
    return {
      "CallExpression[callee.name='require']"(node) {
        const [argument, ...more] = node.arguments;
        const path = argument?.value;
        if (typeof path !== "string" || more.length > 0) return context.report({ node, messageId: "literal" });
        if (typedPath(node.parent) !== path) return context.report({ node, messageId: "typed", data: { path } });
        const isInFunction = context.sourceCode.getAncestors(node).some(({ type }) => functions.includes(type));
        if (!isInFunction) context.report({ node, messageId: "top", data: { path } });
      },
    };
  },
};

/** The path in `… as typeof import("path")`. */
function typedPath(parent) {
  if (parent.type !== "TSAsExpression" || parent.typeAnnotation.type !== "TSTypeQuery") return undefined;
  const { exprName } = parent.typeAnnotation;
  return (exprName.source ?? exprName.argument?.literal)?.value;
}
