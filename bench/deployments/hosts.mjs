// One certificate on many hosts in one `up`, beside a script that does the same to as many hosts at once.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec } from "../../tools/exec.mjs";
import { inTurn, row } from "../measure.mjs";
import { createProject } from "../project.mjs";
import {
  findProgram,
  missingOf,
  scriptAuthority,
  sshOptions,
  startRemoteHosts,
  temporaryFolder,
  unmeasured,
} from "./servers.mjs";

const script = fileURLToPath(new URL("deployToHost.sh", import.meta.url));
const atOnce = 10;
/** Where the second server of each nginx listens, whose files the script deploys. */
const scriptPort = 8443;

const program = ({ all, path, check, reload }) => `
const { Certificate, CertificateAuthority, CertificateDeployment, files, ssh } = require("pulumi-certificates");
const pulumi = require("@pulumi/pulumi");
const issuer = new CertificateAuthority("root", { commonName: "Bench Root" });
const generation = new pulumi.Config().get("generation") ?? "1";
const certificate = new Certificate("web", { issuer, dnsNames: ["web.example.com"], triggers: { generation } });
const all = ${JSON.stringify(all.map(({ address, port, ssh }) => ({ address, port, ssh: argumentsOf(ssh) })))};
new CertificateDeployment("edge", {
  certificate,
  target: files({
    directory: ${JSON.stringify(join(path, "tls"))},
    files: { "fullchain.pem": "fullChain", "privkey.pem": "privateKey" },
    check: ${JSON.stringify(check)},
    reload: ${JSON.stringify(reload)},
  }),
  waves: [all.map(({ ssh: host }) => ssh({ ...host, privateKey: pulumi.secret(host.privateKey) }))],
  concurrency: ${atOnce},
  endpoints: all.map(({ address, port }) => ({ address, port })),
});
`;

function argumentsOf({ address: host, port, user, hostKey, privateKey }) {
  return { host, port, user, hostKey, privateKey };
}

export async function measureHosts(rounds, count = 50) {
  const what = `rotating one certificate on ${count} hosts over SSH, ${atOnce} at once`;
  const missing = missingOf("root", "sshd", "nginx");
  if (missing !== undefined) return [unmeasured(what, missing)];
  const folder = temporaryFolder("bench-hosts");
  const authority = scriptAuthority(folder);
  const nginx = findProgram("nginx");
  const hosts = await startRemoteHosts(count, { sshd: findProgram("sshd"), nginx });
  try {
    for (const host of hosts.all) addSecondServer(host, hosts.path, authority);
    const project = await createProject("hosts", program(hosts));
    await project.up();
    let generation = 1;
    const rotate = async () => {
      await project.config("generation", String(++generation));
      return project.up();
    };
    const byScript = scriptFor(hosts, folder, nginx);
    const issued = Array.from({ length: rounds }, (_, round) =>
      authority.issue(join(folder, `${round}`), "web.example.com"),
    );
    const waiting = issued.entries();
    const runScript = () => {
      const [round, fingerprint] = waiting.next().value;
      return byScript(join(folder, `${round}`), fingerprint);
    };
    const [ours, theirs, idle] = await inTurn(rounds, [rotate, runScript, () => project.up()]);
    return [
      row(what, ours, "shell script with tar, ssh, openssl s_client", theirs, "s"),
      row("of which the engine: the same `up` with nothing to do", idle, "that rotation", ours, "s"),
    ];
  } finally {
    await hosts.stop();
  }
}

/** The same nginx serves what the script deploys, from files of its own. */
function addSecondServer({ address, configuration, folder }, path, authority) {
  mkdirSync(join(folder, "script", "new"), { recursive: true });
  authority.issue(join(folder, "script"), "web.example.com");
  const server = `server {
    listen ${address}:${scriptPort} ssl;
    ssl_certificate ${path}/script/fullchain.pem;
    ssl_certificate_key ${path}/script/privkey.pem;
  }
}
`;
  writeFileSync(configuration, readFileSync(configuration, "utf8").replace(/\}\s*$/, server));
}

function scriptFor({ all, path }, folder, nginx) {
  const command = `${nginx} -p ${path} -e ${path}/error.log -c ${path}/nginx.conf`;
  const lines = all.map(({ address, ssh }) => {
    return `${address} ${ssh.port} ${scriptPort} ${ssh.user} ${sshOptions(ssh, folder)}`;
  });
  const list = join(folder, "hosts");
  writeFileSync(list, `${lines.join("\n")}\n`);
  return (files, fingerprint) => {
    const given = ["sh", script, files, fingerprint, join(path, "script"), command];
    const quoted = given.map((word) => `'${word}'`).join(" ");
    return exec("sh", ["-c", `xargs -a '${list}' -P ${atOnce} -L 1 ${quoted}`]);
  };
}
