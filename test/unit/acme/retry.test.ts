import { AcmeError } from "../../../sdk/acme/problem";
import { retryOf } from "../../../sdk/acme/retry";
import type { Retry } from "../../../sdk/net/retry";

const failing = (failureClass: AcmeError["failureClass"], details: AcmeError["details"] = {}): AcmeError =>
  new AcmeError("it failed", failureClass, details);
const badNonce = { type: "badNonce", detail: "", status: 400, subproblems: [] };
const retryAt = Date.now() + 3_600_000;

describe("what a failure of an ACME server calls for", () => {
  it.each<[string, unknown, Retry]>([
    ["a failure of the server's own", failing("retryLater", { isIssuersFault: true }), "backOff"],
    ["a nonce that is refused", failing("retryNow", { problem: badNonce }), "backOff"],
    ["a limit with a time", failing("retryLater", { retryAt }), { notBefore: retryAt }],
    ["trouble with a time", failing("retryLater", { retryAt, isIssuersFault: true }), { notBefore: retryAt }],
    ["a limit without a time", failing("retryLater", { isIssuersFault: false }), "never"],
    ["an order that is not ready", failing("retryNow"), "never"],
    ["a spent order", failing("newOrder", { isIssuersFault: true }), "never"],
    ["a refusal", failing("nextIssuer", { isIssuersFault: true }), "never"],
    ["a request that nobody grants", failing("fatal"), "never"],
    ["an error of the package", new Error("it failed"), "never"],
  ])("after %s", (_what, error, expected) => expect(retryOf(error)).toEqual(expected));
});
