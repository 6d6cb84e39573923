import { execFile, spawnSync } from "node:child_process";
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether Java's keytool is installed; where CI is set it has to be. */
export const hasKeytool = spawnSync("keytool", ["-help"]).error === undefined || process.env["CI"] !== undefined;

export const fingerprintsOf = (pem: string): string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map((block) =>
    createHash("sha256").update(new X509Certificate(block).raw).digest("hex"),
  );

async function inTemporaryFiles<T>(
  files: Record<string, string | Uint8Array>,
  use: (path: (name: string) => string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "keystore-test-"));
  const path = (name: string): string => join(directory, name);
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(path(name), content, { mode: 0o600 });
    return await use(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What `openssl pkcs12` says about a file, and the PEM of what is in it. */
export function opensslRead(
  keystore: Uint8Array,
  password: string,
): Promise<{ info: string; pem: string; privateKeyPem: string }> {
  return inTemporaryFiles({ "store.p12": keystore, password }, async (path) => {
    const source = ["pkcs12", "-in", path("store.p12"), "-passin", `file:${path("password")}`, "-nodes"];
    const { stdout, stderr } = await run("openssl", [...source, "-info"]);
    const key = createPrivateKey(stdout).export({ type: "pkcs8", format: "pem" });
    return { info: stderr + stdout, pem: stdout, privateKeyPem: key as string };
  });
}

/** A PKCS#12 file as `openssl pkcs12 -export` writes it. */
export function opensslWrite(
  material: { privateKeyPem: string; certificatePem: string; chainPem: string },
  password: string,
  options: readonly string[],
): Promise<Buffer> {
  const { privateKeyPem, certificatePem, chainPem } = material;
  return inTemporaryFiles({ key: privateKeyPem, leaf: certificatePem, chain: chainPem, password }, async (path) => {
    const inputs = ["-inkey", path("key"), "-in", path("leaf"), "-certfile", path("chain"), "-name", "by-openssl"];
    await run("openssl", [
      "pkcs12",
      "-export",
      ...inputs,
      "-passout",
      `file:${path("password")}`,
      ...options,
      "-out",
      path("out.p12"),
    ]);
    return readFile(path("out.p12"));
  });
}

/** Has Java read every entry with its key, and write them into a keystore of its own. */
export function keytoolImport(keystore: Uint8Array, password: string): Promise<{ listing: string; imported: Buffer }> {
  return inTemporaryFiles({ "store.p12": keystore, password }, async (path) => {
    const source = [
      "-srckeystore",
      path("store.p12"),
      "-srcstoretype",
      "PKCS12",
      "-srcstorepass:file",
      path("password"),
    ];
    const target = [
      "-destkeystore",
      path("copy.p12"),
      "-deststoretype",
      "PKCS12",
      "-deststorepass:file",
      path("password"),
    ];
    await run("keytool", ["-importkeystore", "-noprompt", ...source, ...target]);
    const { stdout } = await run("keytool", [
      "-list",
      "-v",
      "-keystore",
      path("store.p12"),
      "-storepass:file",
      path("password"),
    ]);
    return { listing: stdout, imported: await readFile(path("copy.p12")) };
  });
}

/** Serves TLS with a keystore, and returns what a client that trusts only the root was shown. */
export async function serveWith(keystore: Uint8Array, password: string, rootPem: string): Promise<string[]> {
  const server = createServer({ pfx: Buffer.from(keystore), passphrase: password });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let socket: TLSSocket | undefined;
  try {
    const { port } = server.address() as AddressInfo;
    socket = connect({ host: "127.0.0.1", port, ca: rootPem });
    await once(socket, "secureConnect");
    const served: string[] = [];
    for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate)
      served.push(createHash("sha256").update(next.raw).digest("hex"));
    return served;
  } finally {
    socket?.destroy();
    server.close();
  }
}
