import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { type CommandResult, type RunningCommand, startCommand } from "../support/command";
import { codeBlocksOf } from "../support/docs/codeBlocks";
import { certificateServed } from "../support/docs/served";
import { preloaded } from "../support/preloaded";
import { provide, repository } from "../support/provide";

const examples = join(repository, "examples");
const folders = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** Those with a start.mjs bring their own servers: {acme,target,component}Examples.test.ts run them. */
const names = folders.filter((name) => !existsSync(join(examples, name, "start.mjs")));

/** Inside of the repository, where the examples find their packages as they do in a clone. */
const cache = join(repository, ".cache");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "examples-"));
const backend = join(folder, "backend");
mkdirSync(backend);
const pulumi = provide<{ env: Record<string, string>; command: string }>("pulumi");
const inherited = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|NODE_OPTIONS$|JEST_)/.test(name));
const running: RunningCommand[] = [];

afterAll(async () => {
  for (const command of running) command.killGroup();
  await Promise.allSettled(running.map((command) => command.done));
  rmSync(folder, { recursive: true, force: true });
});

/**
 * In these `pulumi up` previews first, as it does by default, and the CLI is started by `npx`; the others save the time
 * for both.
 */
const asWritten = ["private-pki", "files-deployment"];

/** Exit code of the CLI when a resource is refused in a preview. */
const refused = 1;

/** Runs lines of a README, in the copy of its example, as someone who answers every question with yes. */
async function shell(example: string, text: string, expectedCode = 0): Promise<CommandResult> {
  const result = await start(example, text).done;
  if (result.code !== expectedCode) throw new Error(`${example}: exit code ${result.code} of\n${text}\n${result.all}`);
  return result;
}

function start(example: string, text: string): RunningCommand {
  const isAsWritten = asWritten.includes(example);
  const script = isAsWritten ? text : text.replaceAll("npx pulumi ", "pulumi ");
  const command = startCommand("sh", ["-e", "-c", script], {
    cwd: join(folder, example),
    timeoutMs: 600_000,
    env: {
      ...Object.fromEntries(inherited),
      ...(!isAsWritten && { NODE_OPTIONS: preloaded }),
      ...pulumi.env,
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: "test passphrase",
      PULUMI_SKIP_CONFIRMATIONS: "true",
      ...(isAsWritten ? {} : { PULUMI_OPTION_SKIP_PREVIEW: "true" }),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    },
  });
  running.push(command);
  return command;
}

const output = async (example: string, name: string): Promise<string> =>
  (await shell(example, `npx pulumi stack output ${name} --show-secrets`)).stdout.trim();

/** What each example claims, beyond working. It runs after the commands of the README and before those that remove it. */
const claims: Record<string, () => Promise<void>> = {
  "private-pki": async () => {
    await shell("private-pki", "npx pulumi stack output trustBundlePem > root.pem");
    await shell("private-pki", "npx pulumi stack output fullChainPem > web.pem");
    const verified = await shell(
      "private-pki",
      "openssl verify -x509_strict -CAfile root.pem -untrusted web.pem web.pem",
    );
    expect(verified.stdout).toContain("web.pem: OK");
    edit("private-pki", '"web.internal.example", ', '"www.example.com", ');
    expect((await shell("private-pki", "npx pulumi preview", refused)).all).toContain("www.example.com");
    edit("private-pki", '"www.example.com", ', '"web.internal.example", ');
  },

  "files-deployment": async () => {
    await shell("files-deployment", "npx pulumi config set certificates:allowTimeTravel true");
    const before = await output("files-deployment", "deployedFingerprint");
    expect(await certificateServed(port, join(folder, "files-deployment/tls/ca.pem"))).toBe(before);
    const now = new Date(Date.now() + 65 * 86_400_000).toISOString();
    await shell("files-deployment", `PULUMI_CERTIFICATES_NOW=${now} npx pulumi up --skip-preview`);
    const after = await output("files-deployment", "deployedFingerprint");
    expect(after).not.toBe(before);
    expect(await certificateServed(port, join(folder, "files-deployment/tls/ca.pem"))).toBe(after);
  },

  "certificate-set": async () => {
    const manifest = join("manifests", "search.yaml");
    edit("certificate-set", "index.search.internal.example", "www.example.com", manifest);
    const { all } = await shell("certificate-set", "npx pulumi preview", refused);
    expect(all).toMatch(/manifests\/search\.yaml:2: certificates\["index"\].*www\.example\.com/);
    edit("certificate-set", "www.example.com", "index.search.internal.example", manifest);
  },

  "offline-root": async () => {
    await shell("offline-root", "npx pulumi stack output fullChainPem > web.pem");
    const text = "openssl verify -x509_strict -CAfile signed/root.pem -untrusted web.pem web.pem";
    expect((await shell("offline-root", text)).stdout).toContain("web.pem: OK");
  },

  adopt: async () => {
    const { stdout } = await shell("adopt", "openssl x509 -in existing/web.pem -noout -serial");
    expect(stdout.trim().toLowerCase()).toBe(`serial=${await output("adopt", "serialNumber")}`);
  },

  csr: async () => {
    const { stdout } = await shell("csr", "npx pulumi stack export --show-secrets");
    const web = JSON.parse(stdout).deployment.resources.find(({ urn }: { urn: string }) => urn.endsWith("::web"));
    expect(web.outputs.certificatePem).toContain("BEGIN CERTIFICATE");
    expect(JSON.stringify(web)).not.toContain("PRIVATE KEY");
  },

  spiffe: async () => {
    const { deployment } = JSON.parse((await shell("spiffe", "npx pulumi stack export")).stdout);
    const api = deployment.resources.find(({ urn }: { urn: string }) => urn.endsWith("::api"));
    const text = `printf '%s' '${api.outputs.certificatePem}' | openssl x509 -noout -ext subjectAltName`;
    expect((await shell("spiffe", text)).stdout).toContain("URI:spiffe://prod.example/ns/payments/sa/api");
  },

  keystores: async () => {
    const password = await shell("keystores", "npx pulumi config get password");
    const read = (file: string): Promise<CommandResult> =>
      shell("keystores", `openssl pkcs12 -in ${file} -passin 'pass:${password.stdout.trim()}' -nokeys`);
    expect((await read("tls/broker.p12")).stdout).toContain("broker.internal.example");
    expect((await read("tls/broker-legacy.p12")).stdout).toContain("broker.internal.example");
  },

  quickstart: async () => {
    const text = "openssl verify -x509_strict -CAfile tls/ca.pem -untrusted tls/fullchain.pem tls/fullchain.pem";
    expect((await shell("quickstart", text)).stdout).toContain("tls/fullchain.pem: OK");
  },

  "ci-pipeline": async () => {
    const path = join(folder, "ci-pipeline", ".github", "workflows", "certificates.yml");
    const { jobs } = parse(readFileSync(path, "utf8")) as { jobs: Record<string, { steps: { run?: string }[] }> };
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    const pulumiCommands = commands.filter((command) => command !== "npm ci");
    expect(pulumiCommands).toHaveLength(5);
    for (const command of pulumiCommands) await shell("ci-pipeline", command);
  },
};

let port = 0;

beforeAll(async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
});

function edit(example: string, from: string, to: string, file = "index.ts"): void {
  const path = join(folder, example, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
  writeFileSync(path, text.replace(from, to));
}

test("every example is listed in examples/README.md, and its claims are known here", () => {
  const listed = [...readFileSync(join(examples, "README.md"), "utf8").matchAll(/\| \[([\w-]+)\]\(\1\)/g)];
  expect(listed.map(([, name]) => name).sort()).toEqual([...folders].sort());
  expect(Object.keys(claims).sort()).toEqual([...names].sort());
});

describe.each(names)("examples/%s", (name) => {
  test("does what its README says, changes nothing when nothing is due, and can be removed", async () => {
    cpSync(join(examples, name), join(folder, name), {
      recursive: true,
      filter: (path) => !/\/(tls|existing|machine|offline|signed|Pulumi\.\w+\.yaml|password\.txt)$/.test(path),
    });
    if (name === "quickstart") {
      const project = readFileSync(join(repository, "Pulumi.yaml"), "utf8"); // its project file is at the root
      expect(project).toContain("main: examples/quickstart\n");
      writeFileSync(join(folder, name, "Pulumi.yaml"), project.replace("main: examples/quickstart", "main: ."));
    }
    const blocks = codeBlocksOf(join(examples, name, "README.md"));
    const lines = blocks.map(({ text, ...block }) => ({ ...block, text: text.replaceAll("8443", String(port)) }));
    for (const { heading, text } of lines) {
      if (heading === "Remove") {
        await shell(name, "npx pulumi preview --expect-no-changes");
        await claims[name]?.();
      }
      if (/&$/m.test(text)) await start(name, text.replace("&", "")).waitFor(/https:/);
      else await shell(name, text);
    }
    expect(lines.at(-1)?.heading).toBe("Remove");
    expect(existsSync(join(folder, name, "tls", "privkey.pem"))).toBe(false);
  });
});
