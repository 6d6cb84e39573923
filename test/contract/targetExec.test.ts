import { lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../../sdk/exec";
import { type Deployed, deploy } from "../../sdk/targets/deploy";
import { execTarget } from "../../sdk/targets/exec";
import type { Host } from "../../sdk/targets/hosts/host";
import { localHost } from "../../sdk/targets/hosts/local";
import { SshConnection } from "../../sdk/targets/hosts/sshConnection";
import { SshHost } from "../../sdk/targets/hosts/sshHost";
import { parseSsh } from "../../sdk/targets/hosts/sshSpec";
import { certbotLineage, opensslCa } from "../support/certbotFolder";
import { findProgram } from "../support/program";
import { needs } from "../support/requirements";
import { startSshServer } from "../support/sshServer";
import { type TestMaterial, testMaterial } from "../support/targets/material";

let folder: string;
let material: TestMaterial;
const said = (): string => readFileSync(join(folder, "said"), "utf8");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "exec-hook-"));
  material = await testMaterial();
});
afterEach(() => rmSync(folder, { recursive: true }));

function hook(...lines: string[]): string[] {
  const path = join(folder, "hook.sh");
  writeFileSync(path, ["#!/bin/sh -eu", ...lines, ""].join("\n"), { mode: 0o755 });
  return [path];
}

const bring = (args: object, host: Host = localHost): Promise<Deployed> =>
  deploy({
    kind: execTarget,
    spec: execTarget.parse(args, "target"),
    wanted: { material },
    context: { host, instance: { id: "web-00000001", resource: "project/stack/web" } },
  });

test("takes a lineage over from certbot; its hook gets the old one back when it refuses the new one", async () => {
  certbotLineage(folder, opensslCa(join(folder, "ca")), "web", { names: ["old.example.com", "192.0.2.1"] });
  const directory = join(folder, "live", "web");
  const before = new X509Certificate(readFileSync(join(directory, "cert.pem")));
  const command = hook(
    `echo "$RENEWED_DOMAINS" >>'${folder}/said'`,
    `openssl x509 -in "$RENEWED_LINEAGE/cert.pem" -noout -fingerprint -sha256 >>'${folder}/said'`,
    `case $RENEWED_DOMAINS in web*) [ ! -e '${folder}/refuse' ] ;; esac`,
  );
  const args = exec({ style: "certbot", directory, command });
  await expect(bring(args)).rejects.toMatchObject({ code: "ForeignFile" });

  writeFileSync(join(folder, "refuse"), "");
  await expect(bring({ ...args, takeOver: true })).rejects.toThrow("deployed before, is back in its place");
  const [first, , second, fingerprint] = said().split("\n");
  expect([first, second]).toEqual(["web.example.com", "old.example.com 192.0.2.1"]);
  expect(fingerprint).toContain(before.fingerprint256);
  expect(readFileSync(join(directory, "privkey.pem"), "utf8")).toBe(
    readFileSync(join(folder, "archive", "web", "privkey3.pem"), "utf8"),
  );

  rmSync(join(folder, "refuse"));
  expect(await bring({ ...args, takeOver: true })).toMatchObject({
    current: { fingerprintSha256: material.fingerprintSha256 },
    previous: { fingerprintSha256: before.fingerprint256.replaceAll(":", "").toLowerCase() },
  });
  expect(readFileSync(join(directory, "README"), "utf8")).toContain("This directory contains your keys");
  expect(lstatSync(join(folder, "archive", "web", "cert3.pem")).isFile()).toBe(true);
});

needs("sshd").test("a hook runs over SSH with the variables of its style and of its environment", async () => {
  const ssh = await startSshServer(needs("sshd").program);
  try {
    const { user, port, hostKey, privateKey } = ssh;
    const spec = parseSsh({ kind: "ssh", host: "127.0.0.1", user, port, hostKey, privateKey }, "hosts[0]");
    const connection = await SshConnection.open(spec, findProgram("ssh") ?? "ssh");
    const host = new SshHost(connection);
    const directory = join(folder, "live", "a 'web'");
    const certbot = exec({
      style: "certbot",
      directory,
      command: hook(`printf '%s\\n' "$RENEWED_LINEAGE" "$RENEWED_DOMAINS" "$TOKEN" >'${folder}/said'`),
      environment: { TOKEN: "it's $HOME" },
    });
    await bring(certbot, host);
    expect(said()).toBe(`${directory}\nweb.example.com\nit's $HOME\n`);

    const script = join(folder, "say.sh");
    writeFileSync(script, `say_deploy() { cat "$3" "$4" | cmp - "$5" && echo "$1 $2" >'${folder}/said'; }\n`);
    const home = join(folder, "web.example.com_ecc");
    await bring(exec({ style: "acme.sh", directory: home, command: [script] }), host);
    expect(said()).toBe(`web.example.com ${home}/web.example.com.key\n`);
    await connection.close();
  } finally {
    await ssh.stop();
  }
});
