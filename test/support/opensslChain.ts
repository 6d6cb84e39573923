import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How `openssl genpkey` makes each kind of key. */
const keyArguments = {
  "RSA-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "ECDSA-P256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ECDSA-P384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  Ed25519: ["-algorithm", "ED25519"],
} as const;

export type ChainKey = keyof typeof keyArguments;
export const chainKeys = Object.keys(keyArguments) as ChainKey[];

export interface OpensslChain {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  /** Two intermediates: the leaf's issuer, then that one's. */
  readonly chainPem: string;
  readonly rootPem: string;
}

/** A root, two intermediates and a leaf for 127.0.0.1, all made by the openssl command line in a directory. */
export async function opensslChain(directory: string, leafKey: ChainKey): Promise<OpensslChain> {
  await mkdir(directory, { recursive: true });
  const file = (name: string): string => join(directory, name);
  const ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
  await writeFile(file("ca.ext"), ca);
  await writeFile(file("leaf.ext"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");

  const issue = async (name: string, key: ChainKey, extensions: string, issuer?: string): Promise<void> => {
    await run("openssl", ["genpkey", ...keyArguments[key], "-out", file(`${name}.key`)]);
    const subject = ["-new", "-key", file(`${name}.key`), "-subj", `/CN=${name}`, "-out", file(`${name}.csr`)];
    await run("openssl", ["req", ...subject]);
    const signer =
      issuer === undefined
        ? ["-signkey", file(`${name}.key`)]
        : ["-CA", file(`${issuer}.pem`), "-CAkey", file(`${issuer}.key`), "-CAcreateserial"];
    const output = ["-days", "30", "-extfile", file(extensions), "-out", file(`${name}.pem`)];
    await run("openssl", ["x509", "-req", "-in", file(`${name}.csr`), ...signer, ...output]);
  };
  await issue("root", "ECDSA-P384", "ca.ext");
  await issue("upper", "ECDSA-P384", "ca.ext", "root");
  await issue("lower", "ECDSA-P256", "ca.ext", "upper");
  await issue("leaf", leafKey, "leaf.ext", "lower");

  const [privateKeyPem, certificatePem, lower, upper, rootPem] = await Promise.all(
    ["leaf.key", "leaf.pem", "lower.pem", "upper.pem", "root.pem"].map((name) => readFile(file(name), "utf8")),
  );
  return {
    privateKeyPem: privateKeyPem as string,
    certificatePem: certificatePem as string,
    chainPem: `${lower}${upper}`,
    rootPem: rootPem as string,
  };
}
