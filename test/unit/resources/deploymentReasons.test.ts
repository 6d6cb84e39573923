import { deploymentReasons } from "../../../sdk/resources/deploymentReasons";

const old = "ab".repeat(32);
const fresh = "cd".repeat(32);
const inputs = (fingerprintSha256?: unknown) => ({ certificate: { fingerprintSha256 } });

test.each<[string, object, object, string[]]>([
  [
    "a failed deployment",
    inputs(old),
    { deployedFingerprint: old, pending: { reason: "nginx says no." } },
    ["edge is deployed again: the last deployment did not succeed. nginx says no."],
  ],
  [
    "drift",
    inputs(old),
    { deployedFingerprint: old, drift: ["a is missing.", "b is missing."] },
    ["edge is deployed again: a is missing. b is missing."],
  ],
  [
    "a renewed certificate",
    inputs(fresh),
    { deployedFingerprint: old },
    ["edge deploys the certificate cdcdcdcdcdcd… in place of abababababab…"],
  ],
  [
    "a certificate that is not known yet",
    inputs(undefined),
    { deployedFingerprint: old },
    ["edge deploys the certificate that replaces abababababab…"],
  ],
  ["another target", inputs(old), { deployedFingerprint: old }, []],
  ["going back", { ...inputs(fresh), revision: "previous" }, { deployedFingerprint: fresh }, []],
])("says why: %s", (_what, newInputs, oldOutputs, lines) => {
  expect(deploymentReasons("edge", newInputs, oldOutputs)).toEqual(lines);
});
