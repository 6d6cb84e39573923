import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { takeCredentials } from "../../../sdk/targets/credentials";
import { deploy } from "../../../sdk/targets/deploy";
import { exec } from "../../../sdk/exec";
import { execTarget } from "../../../sdk/targets/exec";
import { localHost } from "../../../sdk/targets/hosts/local";
import type { Material } from "../../../sdk/targets/target";
import { createTestCa, issueTestCertificate } from "../../support/testCertificates";

const certbot = { style: "certbot" as const, directory: "/etc/letsencrypt/live/web", command: ["/etc/hook"] };
const acmeSh = {
  style: "acme.sh" as const,
  directory: "/root/.acme.sh/www.example.com_ecc",
  command: ["/root/.acme.sh/deploy/haproxy.sh"],
};
const parse = (args: object): ReturnType<typeof execTarget.parse> =>
  execTarget.parse({ kind: "exec", ...args }, "target");

test("is the lineage of certbot", () => {
  expect(parse(exec(certbot))).toMatchObject({
    directory: "/etc/letsencrypt/live/web",
    files: [
      { name: "cert.pem", content: "certificate", mode: 0o644 },
      { name: "chain.pem", content: "chain", mode: 0o644 },
      { name: "fullchain.pem", content: "fullChain", mode: 0o644 },
      { name: "privkey.pem", content: "privateKey", mode: 0o600 },
    ],
    hook: { style: "certbot", command: { command: ["/etc/hook"], environment: {}, timeout: 120_000 } },
  });
});

test("is the folder of a certificate of acme.sh, which names the domain", () => {
  expect(parse(acmeSh)).toMatchObject({
    files: [
      { name: "www.example.com.cer", content: "certificate" },
      { name: "ca.cer", content: "chain" },
      { name: "fullchain.cer", content: "fullChain" },
      { name: "www.example.com.key", content: "privateKey", mode: 0o600 },
    ],
    hook: { domain: "www.example.com", command: { command: ["/bin/sh"] }, script: { function: "haproxy_deploy" } },
  });
  const bash = { ...acmeSh, directory: "/srv/tls", domain: "*.example.com", command: ["/bin/bash", ...acmeSh.command] };
  expect(parse(bash).files[3]?.name).toBe("*.example.com.key");
  expect(parse(bash).hook.command.command).toEqual(["/bin/bash"]);
});

test.each([
  ["no style", { style: undefined }, 'target.style: nothing is no style of hook. Use "certbot" or "acme.sh" or'],
  ["a style of solvers", { style: "lego" }, 'target.style: "lego" is no style of hook.'],
  ["a relative hook", { command: ["hook.sh"] }, "target.command: "],
  ["a text as a command", { command: "/etc/hook" }, "target.command: "],
  ["a relative directory", { directory: "live/web" }, "target.directory: "],
  ["a domain of certbot", { domain: "example.com" }, "target.domain: is for the styles of acme.sh only."],
  ["a variable that is none", { environment: { "A-B": "" } }, "target.environment: "],
  ["a time that is none", { timeout: 30 }, "target.timeout: "],
  ["a reload", { reload: ["/bin/true"] }, "target.reload: unknown property."],
  [
    "no deploy hook",
    { ...acmeSh, command: ["/usr/bin/systemctl", "reload", "nginx"] },
    "names no deploy hook of acme.sh",
  ],
  ["no domain", { ...acmeSh, directory: "/srv/my tls" }, 'target.domain: "my tls", which is the name of "/srv/my tls"'],
])("refuses %s", (_what, changes, message) => {
  expect(() => parse({ ...certbot, ...changes })).toThrow(message);
});

test("its environment is a credential", () => {
  const { rest, credentials } = takeCredentials(exec({ ...certbot, environment: { TOKEN: "sesame" } }));
  expect(JSON.stringify(rest)).not.toContain("sesame");
  expect(credentials).toEqual({ "/environment": { TOKEN: "sesame" } });
});

describe("a hook", () => {
  let folder: string;
  let material: Material;
  const at = (...parts: string[]): string => join(folder, ...parts);
  const said = (): string[] => readFileSync(at("said"), "utf8").trimEnd().split("\n");
  const script = (path: string, text: string): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };
  const bring = (args: object): Promise<unknown> =>
    deploy({
      kind: execTarget,
      spec: parse(args),
      wanted: { material },
      context: { host: localHost, instance: { id: "web-00000001", resource: "project/stack/web" } },
    });

  beforeAll(async () => {
    const options = { dnsNames: ["www.example.com", "example.com"], ipAddresses: ["192.0.2.7"] };
    const issued = await issueTestCertificate(await createTestCa("Root"), {
      commonName: "www.example.com",
      ...options,
    });
    const { rootPem: trustBundlePem, ...rest } = issued;
    material = { ...rest, trustBundlePem, dnsNames: options.dnsNames };
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hook-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("of certbot is told the lineage and all names, and inherits nothing", async () => {
    const directory = at("live", "www.example.com");
    const command = [
      script(
        at("hook"),
        `printf '%s\\n' "$1" "$RENEWED_LINEAGE" "$RENEWED_DOMAINS" "$TOKEN" "\${HOME-none}" >'${at("said")}'`,
      ),
      "a b",
    ];
    await bring({ ...certbot, directory, command, environment: { TOKEN: "sesame" } });
    expect(said()).toEqual(["a b", directory, "www.example.com example.com 192.0.2.7", "sesame", "none"]);
  });

  test("of --reloadcmd finds the paths of acme.sh", async () => {
    const directory = at("www.example.com_ecc");
    const text = `printf '%s\\n' "$Le_Domain" "$CERT_PATH" "$CERT_KEY_PATH" "$CA_CERT_PATH" "$CERT_FULLCHAIN_PATH" >'${at("said")}'`;
    await bring({ style: "reloadcmd", directory, command: [script(at("hook"), text)] });
    const files = ["www.example.com.cer", "www.example.com.key", "ca.cer", "fullchain.cer"];
    expect(said()).toEqual(["www.example.com", ...files.map((name) => join(directory, name))]);
  });

  test("of acme.sh stands alone where acme.sh is not installed, and is called as acme.sh calls it", async () => {
    const text = `say_deploy() { printf '%s\\n' "$@" "$Le_Alt" "$Le_Keylength" >'${at("said")}'; }`;
    const directory = at("www.example.com_ecc");
    await bring({ style: "acme.sh", directory, command: [script(at("deploy", "say.sh"), text)] });
    const files = ["www.example.com.key", "www.example.com.cer", "ca.cer", "fullchain.cer"];
    const paths = files.map((name) => join(directory, name));
    expect(said()).toEqual(["www.example.com", ...paths, "", "example.com,192.0.2.7", "ec-256"]);
  });

  test("of acme.sh uses what acme.sh keeps for the certificate, and where it keeps nothing leaves no credentials", async () => {
    script(at("acme.sh"), `_initpath() { :; }\n_savedeployconf() { echo "SAVED_$1='$2'" >>"$DOMAIN_CONF"; }`);
    const text = `say_deploy() { echo "$TOKEN$SAVED_TOKEN" >'${at("said")}' && _savedeployconf TOKEN "$TOKEN"; }`;
    const command = [script(at("deploy", "say.sh"), text)];
    const directory = at("www.example.com_ecc");
    await bring({ style: "acme.sh", directory, command, environment: { TOKEN: "sesame" } });
    expect(said()).toEqual(["sesame"]);
    expect(existsSync(join(directory, "www.example.com.conf"))).toBe(false);
    expect(execFileSync("grep", ["-rl", "sesame", folder], { encoding: "utf8" })).toBe(`${at("said")}\n`);
    appendFileSync(join(directory, "www.example.com.conf"), "SAVED_TOKEN='kept'\nLe_Domain='other.example'\n");
    rmSync(join(directory, "fullchain.cer"));
    await bring({ style: "acme.sh", directory, command });
    expect(said()).toEqual(["kept"]);
  });

  test("of acme.sh without its function fails, and its message shows no shell script", async () => {
    const path = script(at("deploy", "say.sh"), "other_deploy() { :; }");
    const directory = at("www.example.com_ecc");
    await expect(bring({ style: "acme.sh", directory, command: [path] })).rejects.toThrow(
      `\`${path} say_deploy www.example.com\` ended with exit code 1: It has no function say_deploy.`,
    );
  });

  test("that fails does not show what is in its environment", async () => {
    const command = [script(at("hook"), 'echo "401 for $TOKEN of $RENEWED_LINEAGE"; exit 3')];
    const directory = at("live");
    const error = await bring({ ...certbot, directory, command, environment: { TOKEN: "sesame-open" } }).catch(String);
    expect(error).toContain(`of ${directory}`);
    expect(error).not.toContain("sesame");
  });

  test("that is not there is refused beforehand", async () => {
    const preflight = (args: object): Promise<void> =>
      execTarget.preflight(parse(args), { host: localHost, resource: "project/stack/web" });
    await expect(preflight({ ...certbot, directory: folder, command: [at("hook")] })).rejects.toThrow(
      /target\.command: .*hook cannot be run on .*ENOENT/,
    );
    const deployHook = at("deploy", "nginx.sh");
    await expect(
      preflight({ style: "acme.sh", directory: folder, domain: "a.example", command: [deployHook] }),
    ).rejects.toThrow(`target.command: ${deployHook} does not exist on`);
  });
});
