"use strict";
const { default: Sequencer } = require("@jest/test-sequencer");

/** Quick projects first, whatever their duration; within one project Jest's own order, the slowest file first. */
const order = ["unit", "types", "contract", "closure", "e2e"];

module.exports = class ProjectSequencer extends Sequencer {
  sort(tests) {
    const rank = (test) => order.indexOf(test.context.config.displayName.name);
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
