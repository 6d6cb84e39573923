// What a thousand certificates cost an idle preview, beside a thousand resources that do nothing.
import { createProject } from "./project.mjs";
import { inTurn, row } from "./measure.mjs";

const components = (count) => `
const pulumi = require("@pulumi/pulumi");
class Nothing extends pulumi.ComponentResource {
  constructor(name) { super("bench:index:Nothing", name, {}); this.registerOutputs({}); }
}
for (let i = 0; i < ${count}; i++) new Nothing("nothing-" + i);
`;

const certificates = (count) => `
const { Certificate, CertificateAuthority } = require("pulumi-certificates");
const root = new CertificateAuthority("root", { commonName: "Bench Root" });
for (let i = 0; i < ${count}; i++) {
  new Certificate("web-" + i, { issuer: root, dnsNames: ["web-" + i + ".internal.example"], duration: "90d" });
}
`;

export async function measureResources(rounds, count = 1000) {
  const nothing = await createProject("components", components(count));
  const issued = await createProject("certificates", certificates(count));
  await nothing.prepare();
  await issued.prepare();
  const [floor, idle] = await inTurn(rounds, [() => nothing.preview(), () => issued.preview()]);
  return [row(`idle preview of ${count} Certificates`, idle, `${count} empty ComponentResources`, floor, "s", "≤ 1.5")];
}
