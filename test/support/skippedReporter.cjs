"use strict";
/** Jest says nothing of test files that are skipped as a whole: this names every skipped test at the end of a run. */
module.exports = class SkippedReporter {
  onRunComplete(_contexts, results) {
    // With a name pattern or `test.only` the rest is skipped on purpose.
    const skipped = results.testResults.flatMap((file) =>
      file.testResults.filter((test) => test.status === "pending" && /\[needs /.test(test.fullName)),
    );
    for (const test of skipped) process.stderr.write(`skipped: ${test.fullName}\n`);
  }
};
