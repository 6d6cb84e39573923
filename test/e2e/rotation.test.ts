import { changedLines, createStack, diagnosticsOf, resourceCounts, type Stack } from "../support/engine";
import { changes, daysFromNow, outputsByName, reasons, recorded, reissued } from "../support/renewals";

const imports = `const { Certificate, CertificateAuthority, pkcs12, selfSigned } = require("pulumi-certificates");`;

describe("certificates that come due by time", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await createStack({
      program: `${imports}
        const root = new CertificateAuthority("root", { commonName: "Example Root" });
        const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing", issuer: root, pathLength: 0 });
        const certificate = (name, args) => new Certificate(name, { issuer: issuing, dnsNames: [name + ".example"], ...args });
        certificate("quarterly", { duration: "90d", renewBefore: "30d" });
        certificate("percent", { duration: "80d", renewBefore: "40%" });
        certificate("sameKey", { duration: "90d", privateKey: { rotationPolicy: "never" } });
        certificate("yearly", { duration: "1y" });
        certificate("paused", { duration: "90d", paused: true });
        new Certificate("own", { issuer: selfSigned(), commonName: "own", duration: "60d" });`,
    });
    await stack.up();
  });

  test("a day after issue nothing changes, and an up writes nothing", async () => {
    const before = recorded(stack);
    stack.clock(daysFromNow(1));
    const preview = await stack.preview({ args: ["--diff", "--expect-no-changes"] });
    expect(preview.all).not.toContain("[Renewing]");
    stack.clock();
    const up = await stack.up();
    expect(resourceCounts(up.all)).toEqual({ unchanged: 9 });
    expect(recorded(stack)).toEqual(before);
  });

  const due = { quarterly: "Renewing", percent: "Renewing", sameKey: "Renewing", own: "Expired" };

  test("on the due day the preview shows the due certificates with reason and dates, and nothing else", async () => {
    const { quarterly } = await outputsByName(stack);
    const day = daysFromNow(62).slice(0, 10);
    const preview = await stack.preview({ env: { PULUMI_CERTIFICATES_NOW: day } });
    expect(reasons(preview.all)).toEqual(due);
    expect(Object.keys(changes(preview.all)).sort()).toEqual(Object.keys(due).sort());
    expect(changedLines(preview.all).map(({ diff }) => diff)).toEqual(Array(4).fill(["~renewal"]));
    expect(diagnosticsOf(preview.all, "quarterly")).toEqual([
      expect.stringMatching(
        `^quarterly is due \\[Renewing\\]: due since ${quarterly?.renewal.dueAt.slice(0, 10)}, ` +
          `expires ${quarterly?.notAfter.slice(0, 10)}, next due 20\\d\\d-\\d\\d-\\d\\d$`,
      ),
    ]);
    expect(diagnosticsOf(preview.all, `${stack.name}-test`).join()).toContain(
      `PULUMI_CERTIFICATES_NOW is set: what is due is decided as of ${day}`,
    );
  });

  test("an up at another time than the real one is refused, and changes nothing", async () => {
    const before = recorded(stack);
    stack.clock(daysFromNow(62));
    const up = await stack.up({ fails: true });
    expect(up.all).toContain("PULUMI_CERTIFICATES_NOW is set, and this run is no preview.");
    expect(up.all).toContain("certificates:allowTimeTravel");
    expect(recorded(stack)).toEqual(before);
  });

  test("the up of the due day renews what its preview showed, with a new key unless it is to be kept", async () => {
    stack.config("certificates:allowTimeTravel", "true");
    stack.clock(daysFromNow(62));
    const before = await outputsByName(stack);
    const preview = await stack.preview({ args: ["--diff"] });
    expect(preview.all.match(/^ *~ (?!renewal|dueAt|epoch|from|reason|pulumi)\w+ *:.*/gm)).toBeNull();
    expect(preview.all.match(/~ epoch : 1 => 2/g)).toHaveLength(4);
    const up = await stack.up();
    expect(reasons(up.all)).toEqual(due);
    const after = await outputsByName(stack);
    expect(reissued(before, after).sort()).toEqual(Object.keys(due).sort());
    expect(after.quarterly?.spkiSha256).not.toBe(before.quarterly?.spkiSha256);
    expect(after.sameKey?.spkiSha256).toBe(before.sameKey?.spkiSha256);
    stack.clock();
    await stack.preview({ args: ["--expect-no-changes"] });
  });
});

describe("certificates that change for another reason than time", () => {
  const program = (changed: boolean, compromised: string[] = []) => `${imports}
    const changed = ${changed};
    const roots = ["one", "two"].map((name) => new CertificateAuthority(name, { commonName: name }));
    const certificate = (name, before, after) => new Certificate(name, {
      issuer: roots[0], dnsNames: [name + ".example"], compromisedKeys: ${JSON.stringify(compromised)},
      ...before, ...(changed ? after : {}),
    });
    certificate("names", {}, { dnsNames: ["names.example", "*.names.example"] });
    certificate("algorithm", {}, { privateKey: { algorithm: "ECDSA-P384" } });
    certificate("duration", {}, { duration: "60d" });
    certificate("triggers", { triggers: { a: "1" } }, { triggers: { a: "2" } });
    certificate("compromised", { privateKey: { rotationPolicy: "never" } }, {});
    certificate("issuer", {}, { issuer: roots[1] });
    certificate("toSelfSigned", {}, { issuer: selfSigned() });
    certificate("window", { renewBefore: "30d" }, { renewBefore: "10d" });
    certificate("owner", { owner: { team: "a" } }, { owner: { team: "b" } });
    const keystore = (password) => ({ keystores: { "a.p12": pkcs12({ password }) } });
    certificate("password", keystore("first password"), keystore("second password"));
    certificate("untouched", {}, {});`;

  test("each shows its reason in the preview, and only a reason issues again", async () => {
    const stack = await createStack({ program: program(false) });
    await stack.up();
    const before = await outputsByName(stack);
    stack.write(program(true, [before.compromised?.spkiSha256]));
    const preview = await stack.preview();
    const issuedAgain = {
      names: "RequestChanged",
      algorithm: "RequestChanged",
      duration: "RequestChanged",
      triggers: "TriggersChanged",
      compromised: "KeyCompromised",
      issuer: "IncorrectIssuer",
      toSelfSigned: "IncorrectIssuer",
    };
    expect(reasons(preview.all)).toEqual(issuedAgain);
    const inPlace = ["window", "owner", "password"];
    const shown = [...Object.keys(issuedAgain), ...inPlace].sort();
    expect(Object.keys(changes(preview.all)).sort()).toEqual(shown);
    const up = await stack.up();
    expect(Object.keys(changes(up.all)).sort()).toEqual(shown);
    const after = await outputsByName(stack);
    expect(reissued(before, after).sort()).toEqual(Object.keys(issuedAgain).sort());
    expect(after.compromised?.spkiSha256).not.toBe(before.compromised?.spkiSha256);
    expect(Date.parse(after.window?.renewal.dueAt)).toBeGreaterThan(Date.parse(before.window?.renewal.dueAt));
    expect(after.password?.keystoreFiles).not.toEqual(before.password?.keystoreFiles);
    await stack.preview({ args: ["--expect-no-changes"] });
  });
});
