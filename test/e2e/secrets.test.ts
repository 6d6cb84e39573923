import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createStack, type Stack } from "../support/engine";
import { daysFromNow, outputsByName, reasons } from "../support/renewals";
import { createTestCa, issueTestCertificate } from "../support/testCertificates";

const passwords = { config: "open sesame 4711", literal: "shibboleth 0815" };

/** A line of the key's base64 that no other key shares. */
const keyLine = (pem: string): string => {
  const line = pem.split("\n")[1];
  if (line?.length !== 64) throw new Error("This is no private key in PEM.");
  return line;
};

/** Where a secret stands in the events or the debug lines of the engine: the kind of event, and how its message begins. */
function places(text: string, secret: string): string[] {
  const found = new Set<string>();
  let message = "";
  const search = (value: unknown, path: string): void => {
    if (typeof value === "string" && value.includes(secret)) {
      found.add(`${path.replace(/\.message$/, "")}: ${/^[\w ]+/.exec(value)?.[0] ?? ""}`);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) search(inner, path === "" ? key : `${path}.${key}`);
    }
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("{")) search(JSON.parse(line), "");
    else {
      message = /debug: ([\w ]+)/.exec(line)?.[1] ?? (/^ {0,2}\S/.test(line) ? line : message);
      if (line.includes(secret)) found.add(`debug: ${message}`);
    }
  }
  return [...found];
}

/** All that lies in a folder: of a backend the state, its backups, the history with its checkpoints. */
function textIn(folder: string): string {
  return readdirSync(folder)
    .map((entry) => join(folder, entry))
    .map((path) => (statSync(path).isDirectory() ? textIn(path) : readFileSync(path, "utf8")))
    .join("\n");
}

describe("a stack with keys and passwords of every kind", () => {
  let stack: Stack;
  let written: Record<string, string>;
  const events: Record<string, string> = {};

  /** What stands in the state at this moment, besides what only the program has. */
  async function secretOutputs(): Promise<Record<string, string>> {
    const { root, issuing, web, adopted } = await outputsByName(stack);
    return {
      root: keyLine(root?.privateKeyPem),
      issuing: keyLine(issuing?.privateKeyPem),
      web: keyLine(web?.privateKeyPem),
      adopted: keyLine(adopted?.privateKeyPem),
      keystore: web?.keystoreFiles["web.p12"].slice(0, 200),
      marker: web?.passwordMarker,
    };
  }

  beforeAll(async () => {
    const ca = await createTestCa("External CA", undefined, { notAfter: new Date(daysFromNow(400)) });
    const running = await issueTestCertificate(undefined, { commonName: "adopted.example" });
    const text = (value: string) => JSON.stringify(value);
    stack = await createStack({
      config: { "certificates:allowTimeTravel": "true" },
      program: `
        const pulumi = require("@pulumi/pulumi");
        const { Certificate, CertificateAuthority, caIssuer, pkcs12, selfSigned } = require("pulumi-certificates");
        const root = new CertificateAuthority("root", { commonName: "Root" });
        const issuing = new CertificateAuthority("issuing", { commonName: "Issuing", issuer: root });
        const web = new Certificate("web", { issuer: issuing, dnsNames: ["web.example"], keystores: {
          "web.p12": pkcs12({ password: new pulumi.Config().requireSecret("password") }),
          "old.p12": pkcs12({ password: ${text(passwords.literal)}, encryption: "legacy" }),
        } });
        const external = caIssuer({ certificatePem: ${text(ca.certificatePem)}, privateKeyPem: ${text(ca.privateKeyPem)} });
        new Certificate("external", { issuer: external, dnsNames: ["external.example"] });
        new Certificate("adopted", { issuer: selfSigned(), dnsNames: ["adopted.example"], duration: "60d", adopt: {
          certificatePem: ${text(running.certificatePem)}, privateKeyPem: ${text(running.privateKeyPem)},
        } });
        exports.key = web.privateKeyPem;
        exports.keystores = web.keystoreFiles;`,
    });
    await stack.run(["config", "set", "--secret", "password", passwords.config], {
      expectSuccess: true,
      record: false,
    });
    written = { ...passwords, external: keyLine(ca.privateKeyPem) };

    const env = { PULUMI_EXPERIMENTAL: "true", PULUMI_DEBUG_COMMANDS: "true" };
    const plan = join(stack.folder, "plan.json");
    const log = join(stack.folder, "events.json");
    await stack.preview({ args: ["--save-plan", plan], env });
    await stack.up({ args: ["--diff", "--plan", plan, "--event-log", log], env });
    events["--event-log"] = readFileSync(log, "utf8");
  });

  test("none is in what was printed, in the plan, or in what the CLI keeps, without the passphrase", async () => {
    stack.clock(daysFromNow(65));
    const preview = await stack.preview({ args: ["--diff"] });
    expect(preview.all).toContain("Renewing");
    await stack.preview({ args: ["--json"] });
    await stack.up({ args: ["--diff"] });
    stack.clock();
    await stack.refresh({ args: ["--diff"] });
    const plan = readFileSync(join(stack.folder, "plan.json"), "utf8");
    const text = [stack.printed(), plan, textIn(stack.backend), textIn(stack.home)].join("\n");
    expect(text).toContain("pulumi-nodejs:dynamic/certificates:Certificate");
    expect(text).toContain("-----BEGIN CERTIFICATE-----");
    expect(text).not.toContain("PRIVATE KEY");
    for (const secret of Object.values({ ...written, ...(await secretOutputs()) })) {
      expect(text.includes(secret)).toBe(false);
      expect(text.includes(Buffer.from(secret).toString("base64").slice(4, 40))).toBe(false);
    }
  });

  test("a CA's key is in the decrypted state once, and what is write-only is not in it", async () => {
    const { resources } = (await stack.exportState()).deployment;
    // The engine keeps the stack's configuration, secrets encrypted, as inputs of the provider of all dynamic resources.
    const state = JSON.stringify(resources.filter(({ type }) => type !== "pulumi:providers:pulumi-nodejs"));
    const count = (secret: string) => state.split(secret).length - 1;
    const { root, issuing, adopted } = await secretOutputs();
    expect([root, issuing, adopted].map((secret) => count(secret as string))).toEqual([1, 1, 1]);
    expect(Object.values(written).map(count)).toEqual([0, 0, 0]);
  });

  test("the engine itself prints secret outputs, and nothing else, in one place: debug messages of its SDK", async () => {
    stack.clock(daysFromNow(66));
    const outputs = await secretOutputs();
    events["preview --json, streamed"] = (
      await stack.preview({ args: ["--json"], env: { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" } })
    ).all;
    events["up --debug"] = (await stack.up({ args: ["--debug"] })).all;
    expect(reasons(events["up --debug"])).toMatchObject({ web: "Renewing" });
    events["up --json"] = (await stack.up({ args: ["--json"] })).all;
    const sdk = {
      event: "diagnosticEvent: RegisterResource RPC finished",
      debug: "debug: RegisterResource RPC finished",
    };
    const later = await secretOutputs();
    const ca = { root: outputs.root, issuing: outputs.issuing };
    expect(later).toMatchObject(ca);
    for (const [mode, text] of Object.entries(events)) {
      const place = mode === "up --debug" ? sdk.debug : sdk.event;
      for (const secret of Object.values(ca)) expect([mode, places(text, secret as string)]).toEqual([mode, [place]]);
      for (const secret of Object.values({ ...outputs, ...later }))
        expect([mode, places(text, secret).filter((found) => found !== place)]).toEqual([mode, []]);
      for (const secret of Object.values(written)) expect([mode, places(text, secret)]).toEqual([mode, []]);
    }
  });
});
