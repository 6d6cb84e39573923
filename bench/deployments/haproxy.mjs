// Many certificates in one HAProxy in one `up`, beside a script that sets and commits the same over the same SSH.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exec } from "../../tools/exec.mjs";
import { inTurn, row } from "../measure.mjs";
import { createProject } from "../project.mjs";
import {
  findProgram,
  freePorts,
  listening,
  missingOf,
  scriptAuthority,
  sshOptions,
  startChild,
  startSshServer,
  temporaryFolder,
  unmeasured,
} from "./servers.mjs";

const script = fileURLToPath(new URL("deployToHaproxy.sh", import.meta.url));

const program = ({ ssh, directory, socket, socat, port, names }) => `
const { CertificateAuthority, CertificateSet, DeploymentSet, haproxy, ssh } = require("pulumi-certificates");
const pulumi = require("@pulumi/pulumi");
const issuer = new CertificateAuthority("root", { commonName: "Bench Root" });
const generation = new pulumi.Config().get("generation") ?? "1";
const members = {};
for (const name of ${JSON.stringify(names)}) members[name] = { dnsNames: [name + ".example.com"], triggers: { generation } };
const { privateKey, ...host } = ${JSON.stringify(ssh)};
new DeploymentSet("balancer", {
  certificates: new CertificateSet("fleet", { issuer, members }),
  target: (name) => haproxy({
    certificatePath: ${JSON.stringify(directory)} + "/" + name + ".pem",
    socket: ${JSON.stringify(socket)},
    socat: ${JSON.stringify(socat)},
  }),
  endpoints: (name) => [{ address: "127.0.0.1", port: ${port}, serverName: name + ".example.com" }],
  waves: [[ssh({ ...host, privateKey: pulumi.secret(privateKey) })]],
});
`;

export async function measureHaproxy(rounds, count = 50) {
  const what = `rotating ${count} certificates in one HAProxy over SSH`;
  const missing = missingOf("sshd", "haproxy", "socat");
  if (missing !== undefined) return [unmeasured(what, missing)];
  const folder = temporaryFolder("bench-haproxy");
  const authority = scriptAuthority(folder);
  const names = Array.from({ length: count }, (_, index) => `web-${index}`);
  const server = await startSshServer(findProgram("sshd"));
  const [ours, theirs] = [
    await startHaproxy(folder, "ours", names, authority),
    await startHaproxy(folder, "script", names, authority),
  ];
  try {
    const { address: host, port, user, hostKey, privateKey } = server;
    const ssh = { host, port, user, hostKey, privateKey };
    const project = await createProject("haproxy", program({ ssh, ...ours, socat: findProgram("socat"), names }));
    await project.up();
    let generation = 1;
    const rotate = async () => {
      await project.config("generation", String(++generation));
      return project.up();
    };
    const prepared = Array.from({ length: rounds }, (_, round) => prepare(join(folder, `${round}`), names, authority));
    const waiting = prepared.values();
    const runScript = () => {
      const { directory, socket, port: tlsPort } = theirs;
      const place = [waiting.next().value, directory, findProgram("socat"), socket, host, port, tlsPort, user];
      const quoted = ["sh", script, ...place].map((word) => `'${word}'`).join(" ");
      return exec("sh", ["-c", `${quoted} ${sshOptions(server, folder)}`]);
    };
    const [rotation, scripted, idle] = await inTurn(rounds, [rotate, runScript, () => project.up()]);
    return [
      row(what, rotation, "shell script with tar, ssh, socat, openssl s_client", scripted, "s"),
      row("of which the engine: the same `up` with nothing to do", idle, "that rotation", rotation, "s"),
    ];
  } finally {
    for (const one of [ours, theirs]) await one.stop();
    await server.stop();
  }
}

/** A HAProxy that has a certificate of every name, in files that are there for the script and gone for the provider. */
async function startHaproxy(folder, name, names, authority) {
  const base = join(folder, name);
  const directory = join(base, "tls");
  mkdirSync(join(directory, "new"), { recursive: true });
  for (const each of names) {
    authority.issue(join(base, each), `${each}.example.com`);
    copyFileSync(join(base, each, "combined.pem"), join(directory, `${each}.pem`));
  }
  const [port] = await freePorts(1);
  const socket = join(base, "admin.sock");
  const configuration = join(base, "haproxy.cfg");
  const list = join(base, "certificates");
  writeFileSync(list, names.map((each) => `${directory}/${each}.pem\n`).join(""));
  writeFileSync(
    configuration,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 10s
  timeout client 30s
  timeout server 30s
frontend web
  bind 127.0.0.1:${port} ssl crt-list ${list}
  http-request return status 200
`,
  );
  const server = startChild(findProgram("haproxy"), ["-db", "-f", configuration]);
  await listening(server, port);
  if (name === "ours") rmSync(directory, { recursive: true });
  return { directory, socket, port, stop: () => server.stop("SIGTERM") };
}

/** New certificates for the script, with the fingerprints that are to be served. */
function prepare(folder, names, authority) {
  mkdirSync(join(folder, "files"), { recursive: true });
  const lines = names.map((name) => {
    const fingerprint = authority.issue(join(folder, name), `${name}.example.com`);
    copyFileSync(join(folder, name, "combined.pem"), join(folder, "files", `${name}.pem`));
    return `${name}.example.com ${fingerprint}\n`;
  });
  writeFileSync(join(folder, "fingerprints"), lines.join(""));
  return folder;
}
