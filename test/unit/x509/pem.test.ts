import { decodePem, encodePem, readPemBundle } from "../../../sdk/x509/pem";

const block = (content: string, label = "CERTIFICATE"): string => encodePem(label, Buffer.from(content));

test("the certificates of a bundle are read in their order, whatever stands between them", () => {
  const bundle = `subject=a\n${block("a")}\r\n# comment\n${block("key", "PRIVATE KEY")}${block("b", "X509 CERTIFICATE").replaceAll("\n", "\r\n")}`;
  expect(readPemBundle(bundle, "chain").map(String)).toEqual(["a", "b"]);
  expect(readPemBundle("", "chain")).toEqual([]);
});

test.each([
  ["a certificate that is cut off", block("a") + block("b").slice(0, 30), "2 begin, 1 are whole"],
  ["a certificate that is no base64", block("abcdef").replace("YWJj", "YW!j"), "1 begin, 0 are whole"],
  ["two begins and one end", `-----BEGIN CERTIFICATE-----\n${block("a")}`, "2 begin, 1 are whole"],
  ["another kind of certificate", block("a", "TRUSTED CERTIFICATE"), "1 begin, 0 are whole"],
  ["more than 32 certificates", block("a").repeat(33), "holds 33 certificates, more than 32"],
  ["more than 256 KiB", " ".repeat(256 * 1024 + 1), "more than 256 KiB"],
])("%s is refused", (_, bundle, problem) =>
  expect(() => readPemBundle(bundle, "chain")).toThrow(
    expect.objectContaining({ property: "chain", message: expect.stringContaining(problem) }),
  ),
);

test("what is no text is refused", () => {
  expect(() => readPemBundle(undefined as unknown as string, "chain")).toThrow("chain: is not a text");
  expect(() => decodePem({} as string, ["A"], "csrPem")).toThrow("csrPem: is not a text");
});

test.each([
  ["nothing", "", "holds no whole PEM block"],
  ["another block", block("a"), "holds CERTIFICATE only"],
  ["two of them", block("a", "A").repeat(2), "holds 2 of them"],
  ["no base64", block("abcdef", "A").replace("YWJj", "YW!j"), "is no base64"],
])("of %s no block is read", (_, pem, problem) => expect(() => decodePem(pem, ["A", "B"], "csrPem")).toThrow(problem));

test("the one block with one of the labels is read", () => {
  expect(decodePem(block("x", "B") + block("y", "C"), ["A", "B"], "csrPem").toString()).toBe("x");
});

test("texts built to make matching slow are refused at once", () => {
  const start = performance.now();
  const begin = "-----BEGIN CERTIFICATE-----";
  for (const text of [
    begin + " ".repeat(250_000),
    begin.repeat(9000),
    `${begin}${"A".repeat(250_000)}`,
    "-".repeat(260_000),
  ])
    expect(() => readPemBundle(text, "chain").length || decodePem(text, ["A"], "x")).toThrow();
  expect(performance.now() - start).toBeLessThan(5000);
});
