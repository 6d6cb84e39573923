import { createStack, resourceCounts } from "../support/engine";
import { provide } from "../support/provide";
import { changes, daysFromNow } from "../support/renewals";

const newest = "24";

test(`Node ${newest} runs the program and the provider: issued, unchanged, due, renewed, destroyed`, async () => {
  const node = provide<{ command: string }>("node", newest).command;
  const stack = await createStack({
    node,
    config: { "certificates:allowTimeTravel": "true" },
    program: `
      const { Certificate, CertificateAuthority } = require("pulumi-certificates");
      const root = new CertificateAuthority("root", { commonName: "Example Root" });
      const web = new Certificate("web", { issuer: root, dnsNames: ["web.example.internal"], duration: "90d" });
      exports.node = process.version;
      exports.serialNumber = web.serialNumber;`,
  });
  await stack.up();
  const first = await stack.outputs();
  expect(first.node).toMatch(new RegExp(`^v${newest}\\.`));
  await stack.preview({ args: ["--expect-no-changes"] });
  stack.clock(daysFromNow(70));
  expect(changes((await stack.preview()).all)).toEqual({ web: "update" });
  await stack.up();
  expect((await stack.outputs()).serialNumber).not.toBe(first.serialNumber);
  stack.clock();
  expect(resourceCounts((await stack.destroy()).all)).toEqual({ delete: 3 });
});
