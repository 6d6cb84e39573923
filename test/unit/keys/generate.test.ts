import { spawn } from "node:child_process";
import { join } from "node:path";
import { keyAlgorithms } from "../../../sdk/keys/algorithms";
import { spkiOf } from "../../../sdk/keys/encoding";
import { generatePrivateKey } from "../../../sdk/keys/generate";

test.each(keyAlgorithms)("%s: every key is another one", async (algorithm) => {
  const [first, second] = await Promise.all([generatePrivateKey(algorithm), generatePrivateKey(algorithm)]);
  expect(spkiOf(first).equals(spkiOf(second))).toBe(false);
});

test("RSA keys have the public exponent 65537", async () => {
  const key = await generatePrivateKey("RSA-2048");
  expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65537n });
});

/** The exit code of a script that uses the sources, or "hangs" after 25 s. */
function outcome(script: string): Promise<number | null | "hangs"> {
  const loader = join(__dirname, "..", "..", "support", "typescript.cjs");
  // A small young generation is collected often: what hangs once in 10,000 keys then hangs at once.
  const child = spawn(process.execPath, ["--max-semi-space-size=1", "-r", loader, "-e", script], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve("hangs");
    }, 25_000);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

test("a run that makes thousands of keys hangs, its main thread waiting for a lock", async () => {
  const keys = join(__dirname, "..", "..", "..", "sdk", "keys");
  const script = `
    const { generatePrivateKey } = require(${JSON.stringify(join(keys, "generate.ts"))});
    const { pkcs8Of, spkiOf } = require(${JSON.stringify(join(keys, "encoding.ts"))});
    (async () => {
      for (let made = 0; made < 10000; made++) {
        const key = await generatePrivateKey("ECDSA-P256");
        spkiOf(key);
        pkcs8Of(key);
        for (let read = 0; read < 3; read++) key.asymmetricKeyDetails;
      }
    })();`;
  await expect(outcome(script)).resolves.toBe(0);
});
