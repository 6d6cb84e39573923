// One rotation bound to ten places, in a stack with nine hundred other certificates and in one without.
import { inTurn, row } from "../measure.mjs";
import { createProject } from "../project.mjs";
import { temporaryFolder } from "./servers.mjs";

const program = (folder, others) => `
const { Certificate, CertificateAuthority, CertificateDeployment, files } = require("pulumi-certificates");
const pulumi = require("@pulumi/pulumi");
const issuer = new CertificateAuthority("root", { commonName: "Bench Root" });
const generation = new pulumi.Config().get("generation") ?? "1";
const certificate = new Certificate("web", { issuer, dnsNames: ["web.example.com"], triggers: { generation } });
for (let i = 0; i < 10; i++) {
  const directory = ${JSON.stringify(folder)} + "/place-" + i;
  const target = files({ directory, files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" } });
  new CertificateDeployment("place-" + i, { certificate, target });
}
for (let i = 0; i < ${others}; i++) {
  new Certificate("other-" + i, { issuer, dnsNames: ["other-" + i + ".example.com"], duration: "90d" });
}
`;

/** Seconds of a rotation, and of an `up` of the same stack with nothing to do. */
async function measureRotation(rounds, others) {
  const project = await createProject(`others-${others}`, program(temporaryFolder("bench-others"), others));
  await project.prepare();
  let generation = 1;
  const rotate = async () => {
    await project.config("generation", String(++generation));
    const [, updated] = /^ +~ (\d+) updated$/m.exec(await project.up()) ?? [];
    if (updated !== "11") throw new Error(`a rotation bound to ten places updated ${updated} resources`);
  };
  return inTurn(rounds, [rotate, () => project.up()]);
}

export async function measureOthers(rounds, count = 900) {
  const idle = "the same stack with nothing to do";
  const what = "a rotation bound to ten places, 11 updates and no other";
  const [rotation, without] = await measureRotation(rounds, 0);
  const [among, still] = await measureRotation(rounds, count);
  return [
    row(what, rotation, idle, without, "s"),
    row(`${what}, among ${count} certificates`, among, idle, still, "s"),
  ];
}
