// Pebble for benchmarks: the one of the tests, accounts for its clients, and a proxy that counts their requests.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { transformSync } from "@swc/core";

const require = createRequire(import.meta.url);
const { acmeAccount } = require("pulumi-certificates/provider");

/** What tests use is TypeScript. */
require.extensions[".ts"] = (module, filename) => {
  const jsc = { parser: { syntax: "typescript" }, target: "es2022" };
  const options = { filename, jsc, module: { type: "commonjs" }, sourceMaps: "inline" };
  module._compile(transformSync(readFileSync(filename, "utf8"), options).code, filename);
};

/** Validates for real, at once, and leaves the ports of the challenges to the clients. */
export function startPebble(options = {}) {
  return require("../../test/support/pebble.ts").startPebble({ answersChallenges: false, ...options });
}

/** A new account, as every client takes one. */
export async function registerAccount({ directoryUrl, caBundlePem }) {
  const given = { name: "bench/bench/account", directory: directoryUrl, caBundlePem };
  const { inputs } = await acmeAccount.check({}, given);
  const { accountUrl, privateKeyPem } = (await acmeAccount.create(inputs)).outs;
  return { accountUrl, accountKeyPem: privateKeyPem };
}

/** A proxy in front of it that sees every request. Accounts and orders belong to the place they were made through. */
export async function startProxy(pebble) {
  const proxy = await require("../../test/support/faultProxy.ts").startFaultProxy(pebble);
  return { ...pebble, directoryUrl: proxy.directoryUrl, requests: proxy.requests, stop: () => proxy.stop() };
}

/** Requests that are made once for many certificates, and what only one of the clients asks for. */
const leftOut = new Set(["directory", "renewalInfo", "newAccount", "account"]);
/**
 * Requests to one URL that count: an authorization is read before its challenge and asked for once afterwards; some
 * clients ask the challenge instead, which was posted before. What comes after the first question is polling.
 */
const counted = { authorization: 2, challenge: 2, order: 1 };

/** How many of the requests count: not the directory, the account, renewal information and polls after the first. */
export function countRequests(requests) {
  const seen = new Map();
  for (const { kind, path } of requests.filter((one) => !leftOut.has(one.kind))) {
    const before = seen.get(path) ?? { kind, times: 0 };
    seen.set(path, { kind, times: before.times + 1 });
  }
  return [...seen.values()].reduce((sum, { kind, times }) => sum + Math.min(times, counted[kind] ?? times), 0);
}
