import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A CA made by openssl: a root that issues leaves directly below an intermediate. */
export interface OpensslCa {
  readonly folder: string;
  readonly chainPem: string;
}

export interface LeafOptions {
  readonly names: readonly string[];
  /** An openssl subject. @default the first name as common name */
  readonly subject?: string;
  readonly days?: number;
  readonly rsa?: boolean;
  /** Further extensions, as openssl's -addext takes them. */
  readonly extensions?: readonly string[];
}

const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "pipe" });
const ecKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const rsaKey = ["-newkey", "rsa:2048", "-nodes"];

export function opensslCa(folder: string): OpensslCa {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const ca = ["-x509", ...ecKey, "-days", "3650", "-addext", "basicConstraints=critical,CA:TRUE"];
  const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  openssl("req", ...ca, ...usage, "-subj", "/CN=Old Root", "-keyout", file("root.key"), "-out", file("root.pem"));
  const above = ["-CA", file("root.pem"), "-CAkey", file("root.key")];
  const issuing = ["-subj", "/CN=Old Issuing", "-keyout", file("ca.key"), "-out", file("ca.pem")];
  openssl("req", ...ca, ...usage, ...above, ...issuing);
  return { folder, chainPem: readFileSync(file("ca.pem"), "utf8") };
}

/** Issues a leaf with a new key. */
export function opensslLeaf(ca: OpensslCa, options: LeafOptions): { certificatePem: string; privateKeyPem: string } {
  const { names, subject = `/CN=${names[0] ?? "leaf"}`, days = 60, rsa = false, extensions = [] } = options;
  const [key, certificate] = ["leaf.key", "leaf.pem"].map((name) => join(ca.folder, name)) as [string, string];
  const san = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(",");
  const added = [...(san === "" ? [] : [`subjectAltName=${san}`]), "basicConstraints=critical,CA:FALSE", ...extensions];
  const issuer = ["-CA", join(ca.folder, "ca.pem"), "-CAkey", join(ca.folder, "ca.key"), "-days", String(days)];
  const output = ["-subj", subject, "-keyout", key, "-out", certificate];
  openssl(
    "req",
    "-x509",
    ...(rsa ? rsaKey : ecKey),
    ...issuer,
    ...added.flatMap((each) => ["-addext", each]),
    ...output,
  );
  return { certificatePem: readFileSync(certificate, "utf8"), privateKeyPem: readFileSync(key, "utf8") };
}

export interface LineageOptions extends LeafOptions {
  /** Lines of `[renewalparams]`; undefined for a lineage without renewal/<name>.conf. */
  readonly renewal?: readonly string[];
  /** Lines above the section. */
  readonly top?: readonly string[];
}

/** Adds a lineage to a certbot folder as certbot lays it out: archive, links in live, settings in renewal. */
export function certbotLineage(root: string, ca: OpensslCa, name: string, options: LineageOptions): void {
  const { certificatePem, privateKeyPem } = opensslLeaf(ca, options);
  const [archive, live, renewal] = ["archive", "live", "renewal"].map((part) => join(root, part)) as [
    string,
    string,
    string,
  ];
  for (const folder of [join(archive, name), join(live, name)]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(renewal, { recursive: true });
  if (!existsSync(join(live, "README"))) writeFileSync(join(live, "README"), "This directory contains your keys.\n");
  const contents = {
    cert: certificatePem,
    chain: ca.chainPem,
    fullchain: certificatePem + ca.chainPem,
    privkey: privateKeyPem,
  };
  for (const [kind, content] of Object.entries(contents)) {
    writeFileSync(join(archive, name, `${kind}3.pem`), content, { mode: kind === "privkey" ? 0o600 : 0o644 });
    symlinkSync(`../../archive/${name}/${kind}3.pem`, join(live, name, `${kind}.pem`));
  }
  writeFileSync(join(live, name, "README"), "This directory contains your keys and certificates.\n");
  if (options.renewal === undefined) return;
  const paths = ["cert", "privkey", "chain", "fullchain"].map((kind) => `${kind} = ${join(live, name, `${kind}.pem`)}`);
  const head = options.top ?? ["# renew_before_expiry = 30 days"];
  const lines = [...head, "version = 2.11.0", `archive_dir = ${join(archive, name)}`, ...paths];
  const params = ["# Options used in the renewal process", "[renewalparams]", "account = 0123456789abcdef"];
  writeFileSync(join(renewal, `${name}.conf`), [...lines, "", ...params, ...options.renewal, ""].join("\n"));
}

/** An account as certbot keeps it: the key as a JSON Web Key, and what the CA answered when it was made. */
export function certbotAccount(root: string, directory: string, id: string, jwk: object, contact?: string): string {
  const { host, pathname } = new URL(directory);
  const folder = join(root, "accounts", host, pathname, id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "private_key.json"), JSON.stringify(jwk), { mode: 0o400 });
  const body = contact === undefined ? {} : { contact: [`mailto:${contact}`] };
  writeFileSync(join(folder, "regr.json"), JSON.stringify({ body, uri: `https://${host}/acme/acct/7` }));
  writeFileSync(join(folder, "meta.json"), JSON.stringify({ creation_host: "web", register_to_eff: null }));
  return join(folder, "private_key.json");
}
