import { createStack } from "../support/engine";
import { changes, daysFromNow, outputsByName, reasons, reissued } from "../support/renewals";

const imports = `const pulumi = require("@pulumi/pulumi");
const { Certificate, CertificateAuthority, caIssuer } = require("pulumi-certificates");`;

describe("CAs that change in an up, and what they issued", () => {
  // The CAs `early` are due on day 20, everything else later.
  const program = (changed: boolean) => `${imports}
    const changed = ${changed};
    const early = { duration: "400d", renewBefore: "380d" };
    const ca = (name, args, options) => new CertificateAuthority(name, { commonName: "Example", ...args }, options);
    const leaf = (name, issuer) => new Certificate(name, { issuer, dnsNames: [name + ".example"], duration: "90d" });
    leaf("renewedLeaf", ca("renewed", early));
    leaf("twoBelowLeaf", ca("oneBelow", { duration: "380d", issuer: ca("top", early) }));
    leaf("rekeyedLeaf", ca("rekeyed", changed ? { privateKey: { algorithm: "RSA-2048" } } : {}));
    const bumped = ca("bumped", changed ? { generation: 2 } : {});
    leaf("bumpedLeaf", bumped);
    leaf("twoBelowBumpedLeaf", ca("belowBumped", { issuer: bumped }));
    leaf("renamedLeaf", ca(changed ? "after" : "before"));
    leaf("aliasedLeaf", changed ? ca("newName", {}, { aliases: [{ name: "oldName" }] }) : ca("oldName"));`;

  test("an up does what its preview showed; what becomes known in it is shown by the next preview", async () => {
    const stack = await createStack({ program: program(false), config: { "certificates:allowTimeTravel": "true" } });
    await stack.up();
    const first = await outputsByName(stack);

    stack.write(program(true));
    stack.clock(daysFromNow(22));
    const shown = await stack.preview();
    const due = {
      renewed: "Renewing",
      top: "Renewing",
      rekeyed: "RequestChanged",
      bumped: "RequestChanged",
      bumpedLeaf: "IssuerKeyChanged",
      belowBumped: "IssuerKeyChanged",
      renamedLeaf: "IncorrectIssuer",
    };
    expect(reasons(shown.all)).toEqual(due);
    const done = await stack.up();
    expect(reasons(done.all)).toEqual(due);
    expect(changes(done.all)).toEqual(changes(shown.all));
    const second = await outputsByName(stack);
    expect(reissued(first, second).sort()).toEqual([...Object.keys(due), "before", "oldName"].sort());
    expect(second.renewed?.spkiSha256).toBe(first.renewed?.spkiSha256);
    expect(second.rekeyed?.spkiSha256).not.toBe(first.rekeyed?.spkiSha256);
    expect(second.bumped?.spkiSha256).not.toBe(first.bumped?.spkiSha256);
    expect(second.belowBumped?.spkiSha256).toBe(first.belowBumped?.spkiSha256);

    stack.clock();
    const next = await stack.preview();
    expect(reasons(next.all)).toEqual({
      renewedLeaf: "IssuerRenewed",
      oneBelow: "IssuerRenewed",
      rekeyedLeaf: "IssuerKeyChanged",
      twoBelowBumpedLeaf: "IssuerRenewed",
    });
    const nextDone = await stack.up();
    expect(changes(nextDone.all)).toEqual(changes(next.all));
    const third = await outputsByName(stack);
    expect(reissued(second, third)).toEqual(["rekeyedLeaf"]);
    expect(third.renewedLeaf?.trustBundlePem).toBe(second.renewed?.certificatePem);
    expect(third.twoBelowBumpedLeaf?.chainPem).toBe(second.belowBumped?.certificatePem);

    const last = await stack.preview();
    expect(reasons(last.all)).toEqual({ twoBelowLeaf: "IssuerRenewed" });
    expect(changes((await stack.up()).all)).toEqual(changes(last.all));
    const fourth = await outputsByName(stack);
    expect(reissued(third, fourth)).toEqual([]);
    expect(fourth.twoBelowLeaf?.trustBundlePem).toBe(second.top?.certificatePem);
    await stack.preview({ args: ["--expect-no-changes"] });
  });
});

test("the key of a CA in another stack changes: a run records it, the next preview shows it", async () => {
  const owner = (generation: number) => `${imports}
    const { certificatePem, chainPem, trustBundlePem, privateKeyPem } =
      new CertificateAuthority("ca", { commonName: "Example", generation: ${generation} });
    module.exports = { certificatePem, chainPem, trustBundlePem, privateKeyPem };`;
  const platform = await createStack({ name: "platform", program: owner(1) });
  await platform.up();
  const user = await createStack({
    program: `${imports}
      const platform = new pulumi.StackReference("organization/platform/test");
      const part = (name) => platform.requireOutput(name);
      const issuer = caIssuer({
        certificatePem: part("certificatePem"), privateKeyPem: part("privateKeyPem"),
        chainPem: part("chainPem"), trustBundlePem: part("trustBundlePem"),
      });
      new Certificate("web", { issuer, dnsNames: ["web.example"] });`,
  });
  await user.up();
  const first = await outputsByName(user);
  expect(first.web?.trustBundlePem).toBe((await outputsByName(platform)).ca?.certificatePem);
  await user.preview({ args: ["--expect-no-changes"] });

  platform.write(owner(2));
  await platform.up();
  expect(changes((await user.preview()).all)).toEqual({});
  expect(changes((await user.up()).all)).toEqual({});
  expect(reissued(first, await outputsByName(user))).toEqual([]);

  expect(reasons((await user.preview()).all)).toEqual({ web: "IssuerKeyChanged" });
  await user.up();
  const last = await outputsByName(user);
  expect(last.web?.trustBundlePem).toBe((await outputsByName(platform)).ca?.certificatePem);
  await user.preview({ args: ["--expect-no-changes"] });
});
