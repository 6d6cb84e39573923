import { checkChain } from "../../sdk/x509/chain";
import { certificateMatrix, type MatrixChain } from "../support/certificateMatrix";
import { createTestCa } from "../support/testCertificates";
import { leftOutLints } from "../support/leftOutLints";
import { lintCertificates, type LintReport, provideLinters } from "../support/lintCertificates";
import { opensslVerify } from "../support/opensslVerify";

// Installed before the tests are collected: whether there are any depends on it, and it can take a minute.
const linters = provideLinters();

let chains: MatrixChain[];
beforeAll(async () => {
  chains = await certificateMatrix();
});

const certificatesOf = (matrix: MatrixChain[]): { title: string; pem: string }[] => {
  const titles = new Map<string, string>();
  for (const { title, leafPem, intermediates, rootPem } of matrix) {
    titles.set(leafPem, title);
    for (const pem of [...intermediates, rootPem]) if (!titles.has(pem)) titles.set(pem, `a CA of: ${title}`);
  }
  return [...titles].map(([pem, title]) => ({ title, pem }));
};

test("openssl verify -x509_strict accepts every chain, for its purpose", async () => {
  expect(chains.length).toBeGreaterThanOrEqual(60);
  const refused: string[] = [];
  for (const { title, leafPem, intermediates, rootPem, at, purpose } of chains) {
    const verification = { leafPem, intermediatesPem: intermediates.join(""), trustAnchorsPem: rootPem, at, purpose };
    const { ok, output } = await opensslVerify(verification);
    if (!ok) refused.push(`${title}: ${output}`);
  }
  expect(refused).toEqual([]);
});

test("checkChain accepts every chain", async () => {
  const refused: string[] = [];
  for (const { title, leafPem, intermediates, rootPem, at } of chains) {
    const verdict = await checkChain({
      leafPem,
      intermediatesPem: intermediates.join(""),
      trustAnchorsPem: rootPem,
      at,
    });
    if (!verdict.ok) refused.push(`${title}: ${verdict.message}`);
  }
  expect(refused).toEqual([]);
});

if ("missing" in linters) test.skip(`zlint and pkilint: ${linters.missing}`, () => undefined);
else
  describe("zlint and pkilint", () => {
    let report: LintReport;
    beforeAll(async () => {
      report = await lintCertificates(linters, certificatesOf(chains));
    });

    test("find nothing in any certificate, but for the lints left out", () => {
      const faults = report.findings.filter(({ lint }) => !(lint in leftOutLints));
      expect(faults).toEqual([]);
    });

    test("ran as many lints as expected", () => {
      expect(report.zlintLints).toBeGreaterThanOrEqual(324);
      expect(report.zlintApplied - Object.keys(leftOutLints).length).toBeGreaterThanOrEqual(110);
      expect(report.pkilintLints).toBeGreaterThanOrEqual(100);
    });

    test("need every exception that the list of left-out lints makes", () => {
      const found = new Set(report.findings.map(({ lint }) => lint));
      expect(Object.keys(leftOutLints).filter((lint) => !found.has(lint))).toEqual([]);
    });

    test("do find faults in a certificate that has some", async () => {
      const bad = await createTestCa(
        "A name that is longer than the sixty-four characters that a common name may have",
      );
      const { findings } = await lintCertificates(linters, [{ title: "bad", pem: bad.certificatePem }]);
      const faults = findings.filter(({ lint }) => !(lint in leftOutLints)).map(({ lint }) => lint);
      expect(faults).toEqual(expect.arrayContaining(["e_subject_common_name_max_length", "itu.invalid_asn1_syntax"]));
    });
  });
