import { day, formatDuration } from "../../../sdk/duration";
import type { Issued } from "../../../sdk/issuers/issuer";
import { issueLeaf } from "../../../sdk/provider/issueLeaf";
import { parseCertificate } from "../../../sdk/x509/parse";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

/** After one that its start lies back. */
const lifetime = 6 * day;

/** An ACME CA that gives certificates of six days. */
jest.mock("../../../sdk/issuers/acme", () => ({
  issueByAcme: async (): Promise<Issued> => {
    const { certificatePem } = await issueTestCertificate(await createTestCa("ACME CA"), {
      dnsNames: ["web.example"],
      notAfter: new Date(Date.now() + lifetime),
    });
    const certificate = parseCertificate(certificatePem, "test");
    return { certificate, chainPem: "", trustBundlePem: "", warnings: [] };
  },
}));

test.each([
  ["1d", undefined],
  ["3d", undefined],
  ["4d", /^It is renewed 84h before its end, .*its cadence is 4d\. Run it more often, and say so with/],
])("with a cadence of %s a certificate of six days has the warning %s", async (cadence, warning) => {
  const news = {
    name: "project/stack/web",
    dnsNames: ["web.example"],
    issuer: { kind: "acme", resource: "urn::account", directory: "https://acme.example/directory" },
    renewal: { epoch: 1, reason: "DoesNotExist" as const },
  };
  const run = { now: Date.now(), cadence: Number.parseInt(cadence) * day, dryRun: false };
  expect(formatDuration(run.cadence)).toBe(cadence);
  const { warnings = [] } = await issueLeaf({ news, credentials: {}, run, reason: "DoesNotExist" });
  expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)]);
});
