// Loaded into every Node.js process of a run: the one of the provider writes down what it holds, twice a second.
const { appendFileSync } = require("node:fs");

const file = process.env.CERTIFICATES_BENCH_MEMORY;
if (process.argv[1]?.includes("dynamic-provider")) {
  const look = () => {
    globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), heap: heapUsed + external, rss })}\n`);
  };
  setInterval(look, 500).unref();
}
