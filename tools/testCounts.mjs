// `node tools/testCounts.mjs <Jest's JSON results> <failed check>...` prints `N passed, N failed, N skipped`.
// A check other than the tests that failed, and a test file that did not run, count as one failure each.
import { existsSync, readFileSync } from "node:fs";

const [file, ...broken] = process.argv.slice(2);
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
const passed = results?.numPassedTests ?? 0;
const skipped = results?.numPendingTests ?? 0;
const failedTests = results ? results.numFailedTests + results.numRuntimeErrorTestSuites : 0;
const failed = failedTests + broken.filter((name) => name !== "tests" || failedTests === 0).length;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
