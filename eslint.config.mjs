import { join } from "node:path";
import js from "@eslint/js";
import tseslint from "typescript-eslint";
import { componentImports } from "./tools/eslint/componentImports.mjs";
import { importDirection } from "./tools/eslint/importDirection.mjs";
import { lazyRequire } from "./tools/eslint/lazyRequire.mjs";

const nodeGlobals = Object.fromEntries(
  ["process", "console", "Buffer", "URL", "AbortSignal", "AbortController", "TextEncoder", "TextDecoder", "fetch"]
    .concat([
      "setTimeout",
      "clearTimeout",
      "setInterval",
      "clearInterval",
      "setImmediate",
      "performance",
      "structuredClone",
    ])
    .map((name) => [name, "readonly"]),
);
const commonjsGlobals = {
  require: "readonly",
  module: "writable",
  exports: "writable",
  __dirname: "readonly",
  __filename: "readonly",
};

export default tseslint.config(
  { ignores: ["dist", "coverage", "**/node_modules", ".cache", ".quickstart", "**/bin"] },
  js.configs.recommended,
  {
    rules: {
      "max-lines": ["warn", { max: 300, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "tsconfig.test.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "no-unused-vars": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/only-throw-error": "off", // an error that was kept as unknown is thrown again
      "@typescript-eslint/prefer-promise-reject-errors": "off", // Node's own error types are no subclasses of Error
      "@typescript-eslint/require-await": "off", // an interface may ask for a promise
      "@typescript-eslint/unbound-method": "off", // objects here are records of functions, without `this`
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ["sdk/**/*.ts"],
    plugins: { certificates: { rules: { "import-direction": importDirection, "lazy-require": lazyRequire } } },
    rules: {
      "certificates/import-direction": ["error", { root: join(import.meta.dirname, "sdk") }],
      // In its place: one form of it is allowed.
      "@typescript-eslint/no-require-imports": "off",
      "certificates/lazy-require": "error",
    },
  },
  {
    files: ["components/**/*.ts"],
    plugins: { certificates: { rules: { "component-imports": componentImports } } },
    rules: { "certificates/component-imports": ["error", { root: import.meta.dirname }] },
  },
  {
    // Tests look into states and outputs, whose values have no types.
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: nodeGlobals } },
  {
    files: ["**/*.cjs", "**/*.js"],
    languageOptions: { sourceType: "commonjs", globals: { ...nodeGlobals, ...commonjsGlobals } },
  },
);
