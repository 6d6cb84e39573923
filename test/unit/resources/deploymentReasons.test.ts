import { wantedDigest } from "../../../sdk/lifecycle/deploymentCauses";
import { deploymentReasons, deploymentSetReasons } from "../../../sdk/resources/deploymentReasons";

const old = "ab".repeat(32);
const fresh = "cd".repeat(32);
const inputs = (fingerprintSha256?: unknown, ...changes: string[]) => ({
  certificate: { fingerprintSha256 },
  ...(changes.length > 0 && { changes }),
});

test.each<[string, object, object, string[]]>([
  [
    "a failed deployment",
    inputs(old, "CertificateChanged: edge-1, then edge-2 and edge-3; each reloads with /bin/true"),
    {
      deployedFingerprint: old,
      pending: {
        ...{ reason: "nginx says no.", wanted: wantedDigest(inputs(old)) },
        changes: ["NotDone: edge-2 and edge-3; each reloads with /bin/true"],
      },
    },
    [
      "edge is not done [NotDone]: edge-2 and edge-3; each reloads with /bin/true",
      "edge is deployed again: the last deployment did not succeed. nginx says no.",
    ],
  ],
  [
    "a failed deployment and another target",
    inputs(old, "TargetChanged: /etc/tls on this machine; reloads with /bin/true where its files change"),
    {
      deployedFingerprint: old,
      pending: { reason: "nginx says no.", wanted: "other", changes: ["NotDone: elsewhere"] },
    },
    [
      "edge has another target [TargetChanged]: /etc/tls on this machine; reloads with /bin/true where its files change",
      "edge is deployed again: the last deployment did not succeed. nginx says no.",
    ],
  ],
  [
    "drift",
    inputs(old, "Drifted: /etc/tls on this machine; reloads with /bin/true"),
    { deployedFingerprint: old, drift: ["a is missing.", "b is missing."] },
    [
      "edge was changed by hand [Drifted]: /etc/tls on this machine; reloads with /bin/true",
      "edge is deployed again: a is missing. b is missing.",
    ],
  ],
  [
    "a renewed certificate, known or not",
    inputs(fresh, "CertificateChanged: edge-1, then edge-2 and edge-3; each reloads with /bin/true"),
    { deployedFingerprint: old },
    [
      "edge deploys another certificate [CertificateChanged]: edge-1, then edge-2 and edge-3; each reloads with /bin/true; in place of abababababab…",
    ],
  ],
  [
    "two things at once",
    inputs(undefined, "CertificateChanged, HostsChanged: edge-1; reloads with /bin/true; ends at edge-2"),
    {},
    [
      "edge deploys another certificate and has other hosts [CertificateChanged, HostsChanged]: edge-1; reloads with /bin/true; ends at edge-2",
    ],
  ],
  [
    "a certificate that an earlier run did not deploy",
    inputs(fresh),
    { deployedFingerprint: old },
    ["edge deploys the certificate that replaces abababababab…"],
  ],
  [
    "another password",
    inputs(old),
    { deployedFingerprint: old },
    ["edge is deployed again: a password of its target changed"],
  ],
  [
    "something that is not known yet",
    { ...inputs(old), target: undefined },
    { deployedFingerprint: old, target: {} },
    [],
  ],
])("says why: %s", (_what, newInputs, oldOutputs, lines) => {
  expect(deploymentReasons("edge", newInputs, oldOutputs)).toEqual(lines);
});

test("of a set, whose changes may not be known yet", () => {
  const before = { drift: ["web on edge-1: it is gone"], lastFailure: "1 of 2 members failed" };
  const rest = [...before.drift, before.lastFailure];
  expect(deploymentSetReasons({ changes: ["api [Added]: edge-1"] }, before)).toEqual(["api [Added]: edge-1", ...rest]);
  expect(deploymentSetReasons({ changes: "unknown" }, before)).toEqual(rest);
  expect(deploymentSetReasons({}, {})).toEqual([]);
});
