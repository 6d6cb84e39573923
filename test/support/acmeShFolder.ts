import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type OpensslCa, opensslLeaf } from "./certbotFolder";

const write = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};
const settings = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");

/** A certificate as acme.sh lays it out; without settings as `acme.sh --remove` leaves it. */
export function acmeShCertificate(
  home: string,
  ca: OpensslCa,
  domain: string,
  conf: Readonly<Record<string, string>> | undefined,
  ecc = true,
): void {
  const { certificatePem, privateKeyPem } = opensslLeaf(ca, { names: [domain] });
  const own = join(home, ecc ? `${domain}_ecc` : domain);
  write(join(own, `${domain}.cer`), certificatePem);
  write(join(own, "ca.cer"), ca.chainPem);
  write(join(own, "fullchain.cer"), certificatePem + ca.chainPem);
  write(join(own, `${domain}.key`), privateKeyPem);
  write(join(own, `${domain}.conf${conf === undefined ? ".removed" : ""}`), settings({ Le_Domain: domain, ...conf }));
}

/** An account as acme.sh keeps it: the key and its settings in a folder for the directory. */
export function acmeShAccount(home: string, directory: string, keyPem: string, email: string): string {
  const { host, pathname } = new URL(directory);
  const folder = join(home, "ca", host, pathname);
  write(join(folder, "account.key"), keyPem);
  write(join(folder, "ca.conf"), settings({ ACCOUNT_URL: `https://${host}/account/1`, CA_EMAIL: email }));
  return join(folder, "account.key");
}
