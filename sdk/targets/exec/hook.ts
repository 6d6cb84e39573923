import { basename } from "node:path";
import { invalidArgument } from "../../errors";
import { parseFilePath } from "../certificateAndKey";
import { type Command, parseCommand } from "../commands";
import type { PemContent } from "../fileContents";

const styles = ["certbot", "acme.sh", "reloadcmd"] as const;

/** What a deploy hook was written for. */
export type HookStyle = (typeof styles)[number];

/** A deploy hook as it was described. */
export interface ExecHook {
  readonly style: HookStyle;
  /** As it was given, with its environment. */
  readonly command: Command;
  /** For the style `acme.sh`: what is read by the program, and the function in it that is called. */
  readonly script?: { readonly path: string; readonly function: string };
  /** For the styles of acme.sh: the main domain. */
  readonly domain?: string;
}

export function parseHook(given: Readonly<Record<string, unknown>>, property: string): ExecHook {
  const style = styles.find((name) => name === given.style);
  if (style === undefined) {
    const problem = `${JSON.stringify(given.style) ?? "nothing"} is no style of hook.`;
    throw invalidArgument(`${property}.style`, problem, `Use ${styles.map((name) => `"${name}"`).join(" or ")}.`);
  }
  const { command, environment = {}, timeout = "2m" } = given;
  const parsed = parseCommand({ command, environment, timeout }, property);
  if (style === "certbot") {
    if (given.domain === undefined) return { style, command: parsed };
    throw invalidArgument(`${property}.domain`, "is for the styles of acme.sh only.", "Leave it out.");
  }
  const domain = parseDomain(given, property);
  if (style === "reloadcmd") return { style, command: parsed, domain };
  const [path, program = "/bin/sh"] = [...parsed.command].reverse() as [string, string?];
  const called = functionOf(path);
  if (parsed.command.length > 2 || called === undefined) {
    const problem = `${JSON.stringify(parsed.command)} names no deploy hook of acme.sh.`;
    const fix = 'Give its path, as in ["/root/.acme.sh/deploy/haproxy.sh"], or the program that reads it and its path.';
    throw invalidArgument(`${property}.command`, problem, fix);
  }
  parseFilePath(path, `${property}.command`, "/root/.acme.sh/deploy/haproxy.sh");
  const shownAs = [path, called, domain];
  return { style, command: { ...parsed, command: [program], shownAs }, script: { path, function: called }, domain };
}

/** The function in a script of acme.sh: `haproxy_deploy` of `/root/.acme.sh/deploy/haproxy.sh`. */
function functionOf(script: string): string | undefined {
  const name = /^([a-z0-9_]+)\.sh$/i.exec(basename(script))?.[1];
  return name === undefined ? undefined : `${name}_deploy`;
}

function parseDomain({ domain, directory }: Readonly<Record<string, unknown>>, property: string): string {
  const given = domain ?? (typeof directory === "string" ? basename(directory).replace(/_ecc$/, "") : "");
  if (typeof given === "string" && /^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(given)) return given;
  const from = domain === undefined ? `, which is the name of ${JSON.stringify(directory) ?? "nothing"},` : "";
  throw invalidArgument(
    `${property}.domain`,
    `${JSON.stringify(given)}${from} is no domain.`,
    'Give the main domain of the certificate, as in "www.example.com".',
  );
}

/** What certbot has in a lineage, or acme.sh in the folder of a certificate. */
export function filesOf({ domain }: ExecHook): Record<string, PemContent> {
  return domain === undefined
    ? { "cert.pem": "certificate", "chain.pem": "chain", "fullchain.pem": "fullChain", "privkey.pem": "privateKey" }
    : {
        [`${domain}.cer`]: "certificate",
        "ca.cer": "chain",
        "fullchain.cer": "fullChain",
        [`${domain}.key`]: "privateKey",
      };
}
