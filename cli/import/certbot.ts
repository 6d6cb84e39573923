import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf } from "../../sdk/errors";
import { invalidArgument } from "../../sdk/errors";
import { type CertbotConf, parseCertbotConf } from "./certbotConf";
import { type Findings, findings, type Found, type Refusal } from "./found";
import { readTextFile, UnreadableFile } from "./textFile";
import type { AccountFound } from "./found";

/** The lineages of a certbot folder: `live/<name>` with its links, and `renewal/<name>.conf`. */
export function findCertbot(folder = "/etc/letsencrypt"): Findings {
  const root = resolve(folder);
  const lineages = new Set([
    ...names(join(root, "live"), (entry) => existsSync(join(root, "live", entry, "fullchain.pem"))),
    ...names(join(root, "renewal"), (entry) => entry.endsWith(".conf")).map((entry) => entry.slice(0, -5)),
  ]);
  if (lineages.size === 0)
    throw invalidArgument(
      "certbot",
      `${root} has no lineages in live or renewal.`,
      "Give certbot's configuration folder, such as /etc/letsencrypt.",
    );
  return findings([...lineages].sort().map((name) => lineage(root, name)));
}

function names(folder: string, wanted: (entry: string) => boolean): string[] {
  try {
    return readdirSync(folder).filter(wanted);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw invalidArgument(
      "certbot",
      `${folder} cannot be read: ${messageOf(error)}.`,
      "Run the command as the user that certbot runs as, usually root.",
    );
  }
}

function lineage(root: string, name: string): Found | Refusal {
  const origin = `certbot lineage ${name}`;
  const certificatePath = join(root, "live", name, "fullchain.pem");
  const confPath = join(root, "renewal", `${name}.conf`);
  try {
    const confText = readTextFile(confPath);
    const pem = readTextFile(certificatePath);
    if (pem === undefined) return { origin, reason: `${confPath} is there, ${certificatePath} is not` };
    return {
      origin,
      pem,
      certificatePath,
      privateKeyPath: join(root, "live", name, "privkey.pem"),
      ...(confText === undefined ? {} : fromConf(parseCertbotConf(confText), confPath, root)),
    };
  } catch (error) {
    if (error instanceof UnreadableFile) return { origin, reason: error.message };
    throw error;
  }
}

/** `accounts/<host and path of the directory>/<id>`, with the key as a JSON Web Key and what the CA answered. */
function accountOf({ account, server = letsEncrypt }: CertbotConf, root: string): AccountFound | undefined {
  if (account === undefined || !/^[\w-]+$/.test(account) || !URL.canParse(server)) return undefined;
  const { host, pathname } = new URL(server);
  const folder = join(root, "accounts", host, pathname, account);
  const keyPath = join(folder, "private_key.json");
  if (!existsSync(keyPath)) return undefined;
  const contact = /"mailto:([^"\s]+@[^"\s]+)"/.exec(readTextFile(join(folder, "regr.json")) ?? "")?.[1];
  const email = contact === undefined ? {} : { email: contact };
  return { origin: `certbot account ${account}`, directory: server, keyPath, ...email };
}

/** What certbot orders from if nothing else is said. */
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";

/** A lineage with settings is renewed by `certbot renew`, unless they say otherwise. */
function fromConf(conf: CertbotConf, confPath: string, root: string): Partial<Found> {
  const account = accountOf(conf, root);
  return {
    ...(account === undefined ? {} : { account }),
    ...(conf.webroot === undefined ? {} : { webroot: conf.webroot }),
    ...(conf.authenticator === undefined ? {} : { authenticator: conf.authenticator }),
    ...(conf.server === undefined ? {} : { directory: conf.server }),
    ...(conf.renewBefore === undefined ? {} : { renewBefore: conf.renewBefore }),
    ...(conf.reuseKey ? { keepsKey: true } : {}),
    ...(conf.autorenew
      ? {
          managedBy: {
            tool: "certbot",
            evidence: confPath,
            stop: `Write \`autorenew = False\` under [renewalparams] in ${confPath}.`,
          },
        }
      : {}),
  };
}
