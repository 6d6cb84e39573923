import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { invalidArgument, messageOf } from "../../sdk/errors";
import { type Crontab, findRenewalJob } from "./crontab";
import { type Findings, findings, type Found, type Manager, type Refusal } from "./found";
import { readTextFile, UnreadableFile } from "./textFile";
import type { AccountFound } from "./found";

/** The certificates of an acme.sh home: a folder for each, `<domain>` or `<domain>_ecc`, with `<domain>.conf`. */
export function findAcmeSh(folder = join(homedir(), ".acme.sh"), crontab?: Crontab): Findings {
  const home = resolve(folder);
  let folders: string[];
  try {
    folders = readdirSync(home, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(certificatePath(home, entry.name)))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    throw invalidArgument("acme-sh", `${home} cannot be read: ${messageOf(error)}.`, "Give the home of acme.sh.");
  }
  if (folders.length === 0)
    throw invalidArgument("acme-sh", `${home} holds no certificates.`, "Give the home of acme.sh, usually ~/.acme.sh.");
  const job = (crontab ?? findRenewalJob)(home);
  return findings(folders.map((name) => certificate(home, name, job)));
}

const domainOf = (name: string): string => name.replace(/_ecc$/, "");
const certificatePath = (home: string, name: string): string => join(home, name, "fullchain.cer");

function certificate(home: string, name: string, job: string | undefined): Found | Refusal {
  const origin = `acme.sh certificate ${name}`;
  const domain = domainOf(name);
  const confPath = join(home, name, `${domain}.conf`);
  try {
    const pem = readTextFile(certificatePath(home, name));
    const confText = readTextFile(confPath);
    if (pem === undefined) return { origin, reason: `${certificatePath(home, name)} is gone` };
    const values = confText === undefined ? undefined : parseConf(confText);
    return {
      origin,
      pem,
      certificatePath: certificatePath(home, name),
      privateKeyPath: join(home, name, `${domain}.key`),
      ...(values === undefined ? {} : fromConf(values, confPath, domain, name, job)),
      ...accountOf(home, values?.get("Le_API")),
    };
  } catch (error) {
    if (error instanceof UnreadableFile) return { origin, reason: error.message };
    throw error;
  }
}

/** `Le_Name='value'`, one a line, as the shell reads it. */
function parseConf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*(\w+)=(?:'([^']*)'|"([^"]*)"|(\S*))\s*$/.exec(line);
    return match === null ? [] : [[match[1] as string, match[2] ?? match[3] ?? match[4] ?? ""] as const];
  });
  return new Map(pairs);
}

/** `acme.sh --cron` renews what has a settings file; `acme.sh --remove` renames that file. */
function fromConf(
  values: ReadonlyMap<string, string>,
  confPath: string,
  domain: string,
  name: string,
  job: string | undefined,
): Partial<Found> {
  const authenticator = authenticatorOf(values.get("Le_Webroot"));
  const directory = values.get("Le_API");
  const webroot = values
    .get("Le_Webroot")
    ?.split(",")
    .find((each) => each.startsWith("/"));
  const manager: Manager = {
    tool: "acme.sh",
    evidence: `${confPath}, and the job ${job ?? ""}`,
    stop: `Run \`acme.sh --remove -d ${domain}${name === domain ? "" : " --ecc"}\`.`,
  };
  return {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(directory ? { directory } : {}),
    ...(webroot === undefined ? {} : { webroot }),
    ...(values.get("Le_ForceNewDomainKey") === "1" ? {} : { keepsKey: true }),
    ...(job === undefined ? {} : { managedBy: manager }),
  };
}

/** `ca/<host and path of the directory>/account.key`, PEM; earlier releases left the path out. */
function accountOf(home: string, directory: string | undefined): { account?: AccountFound } {
  if (!directory || !URL.canParse(directory)) return {};
  const { host, pathname } = new URL(directory);
  const folder = [join(home, "ca", host, pathname), join(home, "ca", host)].find((one) =>
    existsSync(join(one, "account.key")),
  );
  if (folder === undefined) return {};
  const settings = [join(folder, "ca.conf"), join(home, "account.conf")].map((path) => readTextFile(path) ?? "");
  const email = settings.flatMap((text) => {
    const values = parseConf(text);
    return values.get("CA_EMAIL") || values.get("ACCOUNT_EMAIL") || [];
  })[0];
  const origin = `acme.sh account at ${host}`;
  return { account: { origin, directory, keyPath: join(folder, "account.key"), ...(email && { email }) } };
}

/** Le_Webroot holds a folder, the name of a DNS hook, or a word for a listener; several are separated by commas. */
function authenticatorOf(webroot: string | undefined): string | undefined {
  const kinds = (webroot ?? "").split(",").flatMap((each) => {
    if (each === "") return [];
    if (each === "no") return ["standalone"];
    if (each.startsWith("/")) return ["webroot"];
    return [each.replace(/:.*$/, "").trim()];
  });
  return kinds.length === 0 ? undefined : [...new Set(kinds)].join(", ");
}
