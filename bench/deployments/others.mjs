// One rotation bound to ten places, in a stack with nine hundred other certificates and in one without.
import { join } from "node:path";
import { median, seconds } from "../measure.mjs";
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

/** What a rotation takes beyond an `up` of the same stack with nothing to do, and what it updates. */
async function measureRotation(rounds, others) {
  const project = await createProject(`others-${others}`, program(join(temporaryFolder("bench-others")), others));
  await project.prepare();
  const times = [];
  let updated;
  for (let round = 0; round < rounds; round++) {
    const idle = await seconds(() => project.up());
    await project.config("generation", String(round + 2));
    let output = "";
    const rotation = await seconds(async () => (output = await project.up()));
    times.push(rotation - idle);
    updated = Number(/^ +~ (\d+) updated$/m.exec(output)?.[1]);
  }
  return { added: median(times), updated };
}

export async function measureOthers(rounds, count = 900) {
  const alone = await measureRotation(rounds, 0);
  const among = await measureRotation(rounds, count);
  const shown = ({ added, updated }) => `${updated} updates, ${added.toFixed(2)} s`;
  return {
    what: `a rotation bound to ten places among ${count} other certificates, beyond an idle \`up\``,
    value: shown(among),
    beside: `without the others: ${shown(alone)}`,
    ratio: (among.added / alone.added).toFixed(2),
    limit: "11 updates",
  };
}
