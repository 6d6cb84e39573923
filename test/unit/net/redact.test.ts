import { generateKeyPairSync } from "node:crypto";
import { redact } from "../../../sdk/net/redact";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const pkcs1 = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
const lines = pkcs8.trim().split("\n");

describe("redact", () => {
  test.each([
    ["PKCS#8", pkcs8],
    ["PKCS#1", pkcs1],
  ])("hides a private key: %s", (_name, pem) => {
    expect(redact(`before\n${pem}after`)).toBe("before\n[hidden]\nafter");
  });

  test("hides a key whose beginning or end was cut off", () => {
    expect(redact(`${lines.slice(3).join("\n")}\nafter`)).toBe("[hidden]\nafter");
    expect(redact(`before\n${lines.slice(0, -2).join("\n")}`)).toBe("before\n[hidden]");
  });

  test("hides lines of a key without its frame", () => {
    const text = redact(lines.slice(1, -2).join("\n"));
    for (const line of lines.slice(1, -2)) expect(text).not.toContain(line);
  });

  test("hides secrets as they are, in a URL and in base64", () => {
    const secret = "p@ss word/1";
    const text = `${secret} ${encodeURIComponent(secret)} ${Buffer.from(secret).toString("base64")}`;
    expect(redact(text, [secret])).toBe("[hidden] [hidden] [hidden]");
  });

  test("hides every line of a secret, and the longer of two secrets first", () => {
    expect(redact("x first-line y", ["first-line\nsecond-line"])).toBe("x [hidden] y");
    expect(redact("abcdef", ["abcd", "abcdef"])).toBe("[hidden]");
  });

  test("leaves paths, names and fingerprints in a sentence", () => {
    const text = `open /usr/local/openresty/nginx/conf/servers/production/web failed, expected ${"ab12".repeat(16)} on web.example.com`;
    expect(redact(text, ["", "no"])).toBe(text);
  });
});
