import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createStack, diagnosticsOf, type Stack } from "../support/engine";
import { changes, daysFromNow, outputsByName, reasons, reissued } from "../support/renewals";
import { repository } from "../support/provide";

/** A second installation of the package, in another folder, beside the program. */
function copyPackage(stack: Stack): void {
  const copy = join(stack.folder, "copy");
  mkdirSync(copy);
  cpSync(join(repository, "dist"), join(copy, "dist"), { recursive: true });
  cpSync(join(repository, "package.json"), join(copy, "package.json"));
  symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"));
}

describe("a program that is taken apart and put together again", () => {
  const program = (changed: boolean) => `
    const pulumi = require("@pulumi/pulumi");
    const { Certificate, CertificateAuthority } = require("pulumi-certificates");
    const copy = require("./copy");
    const changed = ${changed};
    class Group extends pulumi.ComponentResource {
      constructor(name) { super("test:index:" + name, name); }
    }
    const ca = (name, options) => new CertificateAuthority(name, { commonName: "Example" }, options);
    const leaf = (name, issuer, options) => new Certificate(name, { issuer, dnsNames: [name + ".example"] }, options);
    const [left, right] = [new Group("left"), new Group("right")];
    // Equal names under two parents, the second from another copy of the package.
    leaf("leftLeaf", ca("issuing", { parent: left }));
    new copy.Certificate("rightLeaf", {
      issuer: new copy.CertificateAuthority("issuing", { commonName: "Other" }, { parent: right }), dnsNames: ["right.example"],
    });
    const root = ca("root");
    new copy.Certificate("acrossCopies", { issuer: root, dnsNames: ["across.example"] });
    new Certificate(changed ? "after" : "before", { issuer: root, dnsNames: ["renamed.example"] },
      changed ? { aliases: [{ name: "before" }] } : {});
    leaf("moved", root, changed ? { parent: left, aliases: [{ parent: pulumi.rootStackResource }] } : {});
    leaf("movedIssuerLeaf", ca("movedIssuer", changed ? { parent: right, aliases: [{ parent: pulumi.rootStackResource }] } : {}));`;

  test("renames and moves with aliases, equal names and two copies of the package change nothing", async () => {
    const stack = await createStack({ program: program(false) });
    copyPackage(stack);
    await stack.up();
    const before = await outputsByName(stack);
    stack.write(program(true));
    await stack.preview({ args: ["--expect-no-changes"] });
    await stack.up();
    await stack.preview({ args: ["--expect-no-changes"] });
    const after = await outputsByName(stack);
    expect(
      reissued({ moved: before.moved!, renamed: before.before! }, { moved: after.moved!, renamed: after.after! }),
    ).toEqual([]);
    stack.clock(daysFromNow(65));
    const names = ["leftLeaf", "rightLeaf", "acrossCopies", "after", "moved", "movedIssuerLeaf"];
    const due = await stack.preview();
    expect(reasons(due.all)).toEqual(Object.fromEntries(names.map((name) => [name, "Renewing"])));
    stack.clock();
  });
});

describe("ignoreChanges on what a certificate needs for its issuance", () => {
  const program = (trigger: string) => `
    const { Certificate, CertificateAuthority } = require("pulumi-certificates");
    const issuer = new CertificateAuthority("root", { commonName: "Example" });
    const leaf = (name, ignoreChanges) =>
      new Certificate(name, { issuer, dnsNames: [name + ".example"], triggers: { trigger: "${trigger}" } }, { ignoreChanges });
    leaf("noCredentials", ["credentials"]);
    leaf("nothing", ["*"]);`;

  test("fails a change, and keeps a certificate that is due, with an error that names it", async () => {
    const stack = await createStack({ program: program("a"), config: { "certificates:allowTimeTravel": "true" } });
    await stack.up();
    await stack.preview({ args: ["--expect-no-changes"] });

    stack.write(program("b"));
    const failed = await stack.up({ fails: true });
    expect(diagnosticsOf(failed.all, "noCredentials").join("\n")).toMatch(
      /error: .*ignoreChanges on "credentials" or "\*"/,
    );

    stack.write(program("a"));
    stack.clock(daysFromNow(65));
    expect(reasons((await stack.preview()).all)).toEqual({ noCredentials: "Renewing", nothing: "Renewing" });
    const before = await outputsByName(stack);
    const kept = await stack.up();
    expect(changes(kept.all)).toEqual({ noCredentials: "update", nothing: "update" });
    for (const name of ["noCredentials", "nothing"]) {
      expect(diagnosticsOf(kept.all, name).join("\n")).toMatch(
        /warning: .*kept.*ignoreChanges on "credentials" or "\*"/,
      );
    }
    expect(reissued(before, await outputsByName(stack))).toEqual([]);
  });
});
