// The one place where the quickstart keeps everything: state, certificates, passphrase, the CLI's own home.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { repository } from "../setup.mjs";

const standard = join(repository, ".quickstart");

/** QUICKSTART_FOLDER puts a trial elsewhere, with a stack name of its own, so that two do not meet. */
export const folder = process.env.QUICKSTART_FOLDER ? resolve(process.env.QUICKSTART_FOLDER) : standard;
export const stack =
  folder === standard ? "quickstart" : `quickstart-${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`;
export const inFolder = (...parts) => join(folder, ...parts);
/** For people. */
export const shownFolder = folder === standard ? ".quickstart/" : `${folder}/`;
export const shown = (path) => (relative(repository, path).startsWith("..") ? path : relative(repository, path));

/** The stack's configuration; Pulumi wants it beside Pulumi.yaml. */
export const configFile = join(repository, `Pulumi.${stack}.yaml`);
const directoryKey = "quickstart:directory";
const passphraseFile = inFolder("passphrase");

export const exists = () => existsSync(folder);

/** An empty folder. Whatever an earlier trial left is removed: all of it is in there. */
export function begin() {
  remove();
  mkdirSync(inFolder("backend"), { recursive: true, mode: 0o700 });
  writeFileSync(passphraseFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
}

export function remove() {
  if (existsSync(configFile)) {
    if (exists() || readFileSync(configFile, "utf8").includes(directoryKey)) rmSync(configFile);
    else throw new Error(`${shown(configFile)} was not made by the quickstart. Move it away, then run this again.`);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Adds to what `pulumi stack init` wrote. A JSON value is a YAML value. */
export function configure({ port, reload }) {
  const values = {
    [directoryKey]: inFolder("tls"),
    "quickstart:port": String(port),
    "quickstart:reload": JSON.stringify(reload),
    // Lets this trial act as if it were another day. Never set it on a stack that is in use.
    "certificates:allowTimeTravel": "true",
  };
  const lines = Object.entries(values).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(configFile, `${readFileSync(configFile, "utf8")}config:\n${lines.join("")}`);
}

/** The environment of the CLI: nothing of the user's own Pulumi account, login, stacks or settings. */
export function environment(pulumiEnv) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_"));
  return {
    ...Object.fromEntries(inherited),
    ...pulumiEnv,
    PULUMI_HOME: inFolder("home"),
    PULUMI_BACKEND_URL: `file://${inFolder("backend")}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_STACK: stack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
