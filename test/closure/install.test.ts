import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStack, type Stack } from "../support/engine";
import { type PackedPackage, packPackage } from "../support/packedPackage";
import { repository } from "../support/provide";

interface Manifest {
  devDependencies: Record<string, string>;
}

const pnpm = "pnpm@10";
const pulumiSdk = (JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Manifest).devDependencies[
  "@pulumi/pulumi"
];
const program = `
  const { Certificate, selfSigned } = require("pulumi-certificates");
  new Certificate("self", { issuer: selfSigned(), dnsNames: ["a.example.internal"], duration: "90d" });`;

let folder: string;
let packed: PackedPackage;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packed-"));
  packed = packPackage(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(stack: Stack, command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: stack.folder, stdio: ["ignore", "pipe", "pipe"] });
}

function manifest(stack: Stack, fields: Record<string, unknown>): void {
  writeFileSync(join(stack.folder, "package.json"), JSON.stringify({ name: "program", private: true, ...fields }));
}

/** Creates, previews and destroys the stack, and looks at the certificate in its state. */
async function expectToWork(stack: Stack): Promise<void> {
  await stack.up();
  const self = await stack.resource("self");
  expect(new X509Certificate(self.certificatePem).subjectAltName).toBe("DNS:a.example.internal");
  expect(self.privateKeyPem).toContain("PRIVATE KEY");
  // The handler's text is the same however the package is installed.
  expect(self.__provider).toBe('exports.handler=()=>require("pulumi-certificates/provider").certificate');
  await stack.preview({ args: ["--expect-no-changes"] });
  await stack.destroy();
}

/** The main entry must load, and must do so without the providers of the components. */
const loadsMain = `
  require("pulumi-certificates");
  const loaded = Object.keys(require.cache).filter((path) => /@pulumi[^a-z]+(aws|kubernetes)[^a-z]/.test(path));
  if (loaded.length > 0) throw new Error(loaded.join());`;
const loadsSubpaths = `
  import { ListenerTls } from "pulumi-certificates/aws";
  import { TlsSecret } from "pulumi-certificates/kubernetes";
  if (![ListenerTls, TlsSecret].every((component) => typeof component === "function")) throw new Error("no classes");`;

/** npm does not install optional peers by itself: the subpaths need them, the main entry must not. */
function expectPeersToBeOptional(stack: Stack): void {
  const providers = ["aws", "kubernetes"].map((name) => join("node_modules", "@pulumi", name));
  const load = (): void => run(stack, process.execPath, "-e", loadsMain);
  expect(providers.map((path) => existsSync(join(stack.folder, path)))).toEqual([false, false]);
  load();
  for (const name of ["aws", "kubernetes"])
    expect(() => run(stack, process.execPath, "-e", `require("pulumi-certificates/${name}")`)).toThrow(
      `Cannot find module '@pulumi/${name}'`,
    );
  for (const path of providers) symlinkSync(join(repository, path), join(stack.folder, path));
  load();
  run(stack, process.execPath, "--input-type=module", "-e", loadsSubpaths);
}

test("installed with npm from the packed tarball", async () => {
  const stack = await createStack({ program, linked: false });
  manifest(stack, { dependencies: { "pulumi-certificates": `file:${packed.tarball}`, "@pulumi/pulumi": pulumiSdk } });
  run(stack, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund");
  await expectToWork(stack);
  run(stack, join("node_modules", ".bin", "pulumi-certificates"), "import", "--help");
  expectPeersToBeOptional(stack);

  writeFileSync(
    join(stack.folder, "typed.ts"),
    `import { Certificate, CertificateAuthority } from "pulumi-certificates";
     const root = new CertificateAuthority("root", { commonName: "Root" });
     export const pem: import("@pulumi/pulumi").Output<string> =
       new Certificate("web", { issuer: root, dnsNames: ["a.example"] }).certificatePem;`,
  );
  const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
  for (const resolution of [
    ["node16", "node16"],
    ["preserve", "bundler"],
  ] as const) {
    const [module, moduleResolution] = resolution;
    run(
      stack,
      process.execPath,
      tsc,
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      module,
      "--moduleResolution",
      moduleResolution,
      "typed.ts",
    );
  }
});

test("installed with pnpm, whose packages see only what they declare", async () => {
  const stack = await createStack({ program, linked: false });
  manifest(stack, { dependencies: { "pulumi-certificates": `file:${packed.tarball}`, "@pulumi/pulumi": pulumiSdk } });
  run(stack, "npx", "--yes", pnpm, "install", "--prefer-offline", "--ignore-scripts");
  expect(realpathSync(join(stack.folder, "node_modules", "pulumi-certificates"))).toContain(".pnpm");
  await expectToWork(stack);
});

test("linked from a workspace of the same repository", async () => {
  const stack = await createStack({ program, linked: false });
  cpSync(packed.folder, join(stack.folder, "packages", "pulumi-certificates"), { recursive: true });
  manifest(stack, {
    workspaces: ["packages/*"],
    dependencies: { "pulumi-certificates": "*", "@pulumi/pulumi": pulumiSdk },
  });
  run(stack, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--omit=dev");
  expect(lstatSync(join(stack.folder, "node_modules", "pulumi-certificates")).isSymbolicLink()).toBe(true);
  await expectToWork(stack);
});
