import { alternateLinks } from "../../../sdk/acme/chains";
import { readRenewalInfo } from "../../../sdk/acme/ari";
import { readDirectory } from "../../../sdk/acme/directory";
import { knownDirectories, knownDirectory } from "../../../sdk/acme/knownDirectories";
import { parseRetryAfter } from "../../../sdk/net/retryAfter";
import { userAgent } from "../../../sdk/acme/userAgent";

const now = Date.parse("2026-11-22T12:00:00Z");

describe("Retry-After", () => {
  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Sun, 22 Nov 2026 12:01:00 GMT", 60_000],
    ["Sun, 22 Nov 2020 12:01:00 GMT", 0],
    ["99999999999", undefined],
    ["-5", undefined],
    ["soon", undefined],
    [undefined, undefined],
    ["", undefined],
  ])("%j means %j ms", (header, wait) => expect(parseRetryAfter(header, now)).toBe(wait));
});

describe("renewal information", () => {
  const window = { start: "2026-12-01T00:00:00Z", end: "2026-12-03T00:00:00Z" };
  const read = (value: unknown, retryAfter?: string) => readRenewalInfo(value, retryAfter, now);

  it("gives the window and when to ask again, between a minute and a day", () => {
    const start = Date.parse(window.start);
    expect(read({ suggestedWindow: window }, "7200")).toEqual({
      start,
      end: Date.parse(window.end),
      nextCheckAt: now + 7_200_000,
    });
    expect(read({ suggestedWindow: window }, "1")?.nextCheckAt).toBe(now + 60_000);
    expect(read({ suggestedWindow: window }, "8640000")?.nextCheckAt).toBe(now + 86_400_000);
    expect(read({ suggestedWindow: window })?.nextCheckAt).toBe(now + 6 * 3_600_000);
  });

  it("is none where the window is no window", () => {
    const { start, end } = window;
    for (const suggestedWindow of [
      undefined,
      {},
      { start },
      { start: end, end: start },
      { start, end: start },
      { start: 1, end: 2 },
    ])
      expect(read({ suggestedWindow })).toBeUndefined();
    for (const value of [undefined, null, "", [], "<html>"]) expect(read(value)).toBeUndefined();
  });

  it("shows only an explanation that is a web page", () => {
    const shown = (explanationURL: unknown) => read({ suggestedWindow: window, explanationURL })?.explanationUrl;
    expect(shown("https://ca.example/why")).toBe("https://ca.example/why");
    expect(shown("javascript:alert(1)")).toBeUndefined();
    expect(shown("https://ca.example/\u001b[2J x")).toBeUndefined();
    expect(shown(5)).toBeUndefined();
  });
});

describe("links to alternate chains", () => {
  const base = "https://ca.example/cert/1";
  it.each([
    [`<https://ca.example/cert/1/2>;rel="alternate"`, ["https://ca.example/cert/1/2"]],
    [
      `<https://ca.example/dir>;rel="index", </cert/1/2>; rel=alternate, </cert/1/3>;title="a, b";rel="x alternate"`,
      ["https://ca.example/cert/1/2", "https://ca.example/cert/1/3"],
    ],
    [`<https://ca.example/x>;rel="alternates", <https://ca.example/up>;rel="up"`, []],
    [undefined, []],
  ])("%j", (header, links) => expect(alternateLinks(header, base)).toEqual(links));

  it("are read in linear time", () => {
    const start = performance.now();
    alternateLinks(`<a>${";a=b".repeat(20_000)}`, base);
    alternateLinks("<".repeat(50_000), base);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe("directories", () => {
  it("refuse an answer that is none", () => {
    for (const value of [undefined, "<html>", {}, { newNonce: 1 }])
      expect(() => readDirectory(value, "https://ca.example/")).toThrow(/is no ACME directory: .*newOrder missing/);
  });

  it("known by name are known by their URL too, and need a customer's binding or not", () => {
    for (const each of knownDirectories) {
      expect(knownDirectory(each.name)).toBe(each);
      expect(knownDirectory(`${each.url}/`)).toBe(each);
      expect(new URL(each.url).protocol).toBe("https:");
    }
    expect(knownDirectory("letsencrypt")).toMatchObject({ externalAccountRequired: false, takesNotAfter: false });
    expect(knownDirectory("google")).toMatchObject({ externalAccountRequired: true, takesNotAfter: true });
    expect(knownDirectory("https://127.0.0.1:14000/dir")).toBeUndefined();
  });
});

it("the user agent names the package and its version", () => {
  expect(userAgent()).toMatch(/^pulumi-certificates\/\d+\.\d+\.\d+\S* \(\+https:\/\/\S+\)$/);
});
