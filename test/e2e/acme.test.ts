import { X509Certificate } from "node:crypto";
import { changes, daysFromNow, outputsByName, reasons, reissued } from "../support/renewals";
import { createStack, type Stack } from "../support/engine";
import { type Pebble, startPebble } from "../support/pebble";
import { needs } from "../support/requirements";

const imports = `const { AcmeAccount, Certificate, CertificateSet, standalone } = require("pulumi-certificates");`;

needs("pebble").describe("certificates from an ACME CA", () => {
  let pebble: Pebble;
  let stack: Stack;

  const program = (more = "", account = ""): string => `${imports}
    const account = new AcmeAccount("pebble", {
      directory: ${JSON.stringify(pebble.directoryUrl)},
      caBundlePem: ${JSON.stringify(pebble.caBundlePem)},
      email: "pki@example.com",
      solvers: [{ http01: standalone({ port: ${pebble.httpPort}, address: "127.0.0.1" }) }],
      ${account}
    });
    const certificate = (name, args) => new Certificate(name, { issuer: account, dnsNames: [name + ".example"], ...args });
    certificate("web", { renewBefore: "30%" });
    ${more}`;

  beforeAll(async () => {
    pebble = await startPebble({ answersChallenges: false });
    stack = await createStack({ program: program(), config: { "certificates:allowTimeTravel": "true" } });
  });
  afterAll(() => pebble.stop());

  test("the first preview places no order, and the up places one", async () => {
    const preview = await stack.preview();
    expect(changes(preview.all)).toEqual({ pebble: "create", web: "create" });
    expect(await pebble.orders()).toBe(0);
    await stack.up();
    expect(await pebble.orders()).toBe(1);
    const { web, pebble: account } = await outputsByName(stack);
    expect(account).toMatchObject({ status: "valid", directoryUrl: pebble.directoryUrl });
    const leaf = new X509Certificate(web?.certificatePem);
    expect(leaf.subjectAltName).toBe("DNS:web.example");
    const [intermediate = ""] = await pebble.intermediates();
    expect(leaf.verify(new X509Certificate(intermediate).publicKey)).toBe(true);
    expect(web?.chainPem).toContain("BEGIN CERTIFICATE");
    expect(web?.renewal).toMatchObject({ epoch: 1, reason: "DoesNotExist" });
  });

  test("a day later nothing changes, also after a refresh", async () => {
    stack.clock(daysFromNow(1));
    await stack.preview({ args: ["--expect-no-changes"] });
    await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
    expect(await pebble.orders()).toBe(1);
  });

  test("when it is due the preview says so, and the up renews it with one order", async () => {
    const before = await outputsByName(stack);
    stack.clock(daysFromNow(80));
    const preview = await stack.preview();
    expect(reasons(preview.all)).toEqual({ web: "Renewing" });
    expect(changes(preview.all)).toEqual({ web: "update" });
    const up = await stack.up();
    expect(reasons(up.all)).toEqual({ web: "Renewing" });
    expect(reissued(before, await outputsByName(stack))).toEqual(["web"]);
    expect(await pebble.orders()).toBe(2);
    stack.clock();
    await stack.preview({ args: ["--expect-no-changes"] });
  });
});
