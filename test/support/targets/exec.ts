import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kindOfTarget } from "../../../sdk/targets/registry";
import { leftoversIn, pairIn, tracesOf } from "./files";
import type { TargetFixture } from "./fixture";
import { nginxFixture } from "./nginx";
import type { WebFixture, WebTarget } from "./webServer";

/** An nginx with the folder for its own copies, and the program that checks and reloads it. */
interface HookedServer {
  readonly folder: string;
  readonly copies: string;
  /** The words of a shell command that runs nginx with its configuration. */
  readonly nginx: string;
}

/** A deploy hook in a folder, and where it expects its files. */
interface Hook {
  readonly directory: string;
  readonly certificate: string;
  readonly key: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** As it stands in /etc/letsencrypt/renewal-hooks/deploy of people whose server runs without root's files. */
function certbotHook({ folder, copies, nginx }: HookedServer): Hook {
  const command = [join(folder, "renewal-hooks", "deploy", "nginx.sh")];
  writeScript(command[0] as string, [
    "#!/bin/sh -eu",
    'for domain in $RENEWED_DOMAINS; do [ "$domain" = web.example.com ] && ours=yes; done',
    '[ "$ours" = yes ]',
    `install -m 0644 "$RENEWED_LINEAGE/fullchain.pem" '${copies}/web.pem'`,
    `install -m 0600 "$RENEWED_LINEAGE/privkey.pem" '${copies}/web.key'`,
    `${nginx} -t`,
    `${nginx} -s reload`,
  ]);
  const directory = join(folder, "live", "web.example.com");
  return { directory, certificate: "fullchain.pem", key: "privkey.pem", args: { style: "certbot", command } };
}

/**
 * The shape of acme.sh (its wiki, "deployhooks"): a script that defines `<name>_deploy` with functions of acme.sh, which
 * finds the paths of the certificate unless they are set, and defines those functions when it is sourced.
 */
function acmeShHook({ folder, copies, nginx }: HookedServer): Hook {
  const home = join(folder, ".acme.sh");
  const script = join(home, "deploy", "nginx_copy.sh");
  writeScript(join(home, "acme.sh"), [
    "#!/usr/bin/env sh",
    '_err() { echo "$@" >&2; }',
    "_info() { :; }",
    '_getdeployconf() { eval "[ -n \\"\\${$1:-}\\" ]" || eval "$1=\\${SAVED_$1:-}"; }',
    '_savedeployconf() { printf "SAVED_%s=\'%s\'\\n" "$1" "$2" >>"$DOMAIN_CONF"; }',
    "_initpath() {",
    '  domain="$1"',
    '  [ -n "$DOMAIN_PATH" ] || DOMAIN_PATH="$LE_WORKING_DIR/$domain"',
    '  [ -n "$DOMAIN_CONF" ] || DOMAIN_CONF="$DOMAIN_PATH/$domain.conf"',
    '  [ -n "$CERT_KEY_PATH" ] || CERT_KEY_PATH="$DOMAIN_PATH/$domain.key"',
    '  [ -n "$CERT_PATH" ] || CERT_PATH="$DOMAIN_PATH/$domain.cer"',
    '  [ -n "$CA_CERT_PATH" ] || CA_CERT_PATH="$DOMAIN_PATH/ca.cer"',
    '  [ -n "$CERT_FULLCHAIN_PATH" ] || CERT_FULLCHAIN_PATH="$DOMAIN_PATH/fullchain.cer"',
    '  [ -n "$CERT_PFX_PATH" ] || CERT_PFX_PATH="$DOMAIN_PATH/$domain.pfx"',
    "}",
    'showhelp() { echo "Usage: acme.sh <command> ... [parameters ...]"; }',
    'main() { [ -z "$1" ] && showhelp && return; "$@"; }',
    'main "$@"',
  ]);
  writeScript(script, [
    "#!/usr/bin/env sh",
    "nginx_copy_deploy() {",
    '  _cdomain="$1" _ckey="$2" _ccert="$3" _cca="$4" _cfullchain="$5"',
    "  _getdeployconf DEPLOY_NGINX_COPIES",
    '  if [ -z "$DEPLOY_NGINX_COPIES" ]; then _err "DEPLOY_NGINX_COPIES is not set"; return 1; fi',
    '  [ "$_cdomain" = web.example.com ] || return 1',
    '  cat "$_ccert" "$_cca" | cmp -s - "$_cfullchain" || { _err "another chain"; return 1; }',
    '  install -m 0644 "$_cfullchain" "$DEPLOY_NGINX_COPIES/web.pem" || return 1',
    '  install -m 0600 "$_ckey" "$DEPLOY_NGINX_COPIES/web.key" || return 1',
    `  ${nginx} -t || return 1`,
    `  ${nginx} -s reload || return 1`,
    '  _savedeployconf DEPLOY_NGINX_COPIES "$DEPLOY_NGINX_COPIES"',
    "}",
  ]);
  const directory = join(home, "web.example.com_ecc");
  const environment = { DEPLOY_NGINX_COPIES: copies };
  return {
    directory,
    certificate: "fullchain.cer",
    key: "web.example.com.key",
    args: { style: "acme.sh", command: [script], environment },
  };
}

function writeScript(path: string, lines: readonly string[]): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o755 });
}

/** A hook that copies the files to where an nginx has its own, and reloads it. */
async function createExecTarget(hookFor: (server: HookedServer) => Hook): Promise<WebTarget> {
  const server = await nginxFixture.create();
  const { configuration, args } = server;
  const folder = join(configuration, "..");
  const copies = join(folder, "tls");
  mkdirSync(copies);
  const nginx = `'${String(args.program)}' -c '${configuration}'`;
  const hook = hookFor({ folder, copies, nginx });
  const { directory, certificate, key } = hook;
  return {
    ...server,
    args: { kind: "exec", directory, ...hook.args, onDelete: "remove" },
    stored: () => pairIn(directory, certificate, key),
    damage: () => writeFileSync(join(directory, key), "something else"),
    traces: () => tracesOf(directory),
    leftovers: () => leftoversIn(directory),
    left: () => existsSync(directory),
  };
}

const common = {
  kind: kindOfTarget({ kind: "exec" }, "target"),
  needs: "nginx",
  refusable: ["reload"],
  unwritable: { kind: "exec", style: "certbot", directory: "/etc/passwd/live", command: ["/bin/true"] },
} satisfies Partial<TargetFixture>;

export const execFixture: WebFixture = { ...common, create: () => createExecTarget(certbotHook) };

export const execAcmeShFixture: TargetFixture = {
  ...common,
  variant: "in the style of acme.sh",
  create: () => createExecTarget(acmeShHook),
};
