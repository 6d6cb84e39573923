/** Unit and contract tests run on the sources; closure and end-to-end tests on the built package. */
const transform = {
  "^.+\\.ts$": [
    "@swc/jest",
    { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
  ],
};
const project = (name, timeout) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform,
  testEnvironment: "node",
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.cache/"],
  // Jest takes `testTimeout` from the command line only when there are several projects.
  globals: { testTimeoutMs: timeout },
  setupFilesAfterEnv: ["<rootDir>/test/support/timeout.ts"],
});
module.exports = {
  projects: [
    project("unit", 30_000),
    project("contract", 120_000),
    project("types", 120_000),
    project("closure", 600_000),
    project("e2e", 900_000),
  ],
  testSequencer: "<rootDir>/test/support/sequencer.cjs",
  coverageProvider: "v8",
  reporters: ["default", "<rootDir>/test/support/skippedReporter.cjs"],
  collectCoverageFrom: ["{sdk,components,cli}/**/*.ts"],
  coverageReporters: ["text-summary", "lcov"],
};
