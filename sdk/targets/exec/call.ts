import { dirname, join } from "node:path";
import { type CertificateFacts, parseCertificates } from "../../x509/parse";
import type { Command } from "../commands";
import type { ExecHook } from "./hook";
import type { Host } from "../hosts/host";

/** A run of a hook: its command and the variables of its style. */
export interface HookCall {
  readonly command: Command;
  readonly variables: Readonly<Record<string, string>>;
}

/** How a hook is run for the revision that the names in its directory lead to now. */
export async function callOf(
  hook: ExecHook,
  directory: string,
  revision: { readonly directory: string },
  host: Host,
): Promise<HookCall> {
  const { style, command, domain = "", script } = hook;
  const certificate = await certificateIn(host, revision.directory, [
    style === "certbot" ? "cert.pem" : `${domain}.cer`,
    style === "certbot" ? "fullchain.pem" : "fullchain.cer",
  ]);
  const { dnsNames = [], ipAddresses = [] } = certificate?.names ?? {};
  const names = [...dnsNames, ...ipAddresses];
  if (style === "certbot")
    return { command, variables: { RENEWED_LINEAGE: directory, RENEWED_DOMAINS: names.join(" ") } };
  const variables = {
    Le_Domain: domain,
    CERT_PATH: join(directory, `${domain}.cer`),
    CERT_KEY_PATH: join(directory, `${domain}.key`),
    CA_CERT_PATH: join(directory, "ca.cer"),
    CERT_FULLCHAIN_PATH: join(directory, "fullchain.cer"),
  };
  if (script === undefined) return { command, variables };
  const [shell = "/bin/sh"] = command.command;
  const others = names.filter((name) => name !== domain);
  return {
    command: {
      ...command,
      command: [shell, "-c", acmeShRunner, "acme.sh", script.path, script.function],
    },
    variables: {
      ...variables,
      LE_WORKING_DIR: dirname(dirname(script.path)),
      DOMAIN_PATH: directory,
      Le_Alt: others.length === 0 ? "no" : others.join(","),
      Le_Keylength: keyLength(certificate),
    },
  };
}

/** The first that is there; what was taken over may have none of them. */
async function certificateIn(
  host: Host,
  directory: string,
  names: readonly string[],
): Promise<CertificateFacts | undefined> {
  for (const name of names) {
    const path = join(directory, name);
    const content = await host.read(path);
    if (content !== undefined) return parseCertificates(content.toString("utf8"), path)[0];
  }
  return undefined;
}

/** As acme.sh names the length of a key: `2048`, `ec-256`. */
function keyLength(certificate: CertificateFacts | undefined): string {
  const { keyAlgorithm = "" } = certificate ?? {};
  const [, kind, bits = ""] = /^(RSA|ECDSA)-\D*(\d+)/.exec(keyAlgorithm) ?? [];
  return kind === "ECDSA" ? `ec-${bits}` : bits;
}

/**
 * Does what `acme.sh --deploy` does (its wiki, "deployhooks"): reads acme.sh where it is installed, the settings that it
 * keeps for the certificate, and the script, then calls one function. Sourced without arguments acme.sh shows its help
 * and returns; the paths it takes from the environment. Where it keeps no settings yet, those of the hook, credentials
 * among them, are not written down.
 */
const acmeShRunner = `
_pulumi_script=$1 _pulumi_call=$2 _pulumi_domain=$Le_Domain _pulumi_alt=$Le_Alt _pulumi_length=$Le_Keylength
set --
DOMAIN_CONF=$DOMAIN_PATH/$Le_Domain.conf
[ -f "$DOMAIN_CONF" ] || DOMAIN_CONF=/dev/null
if [ -r "$LE_WORKING_DIR/acme.sh" ]; then
  . "$LE_WORKING_DIR/acme.sh" >/dev/null || exit 1
  _initpath "$_pulumi_domain" || exit 1
  . "$DOMAIN_CONF" || exit 1
fi
Le_Domain=$_pulumi_domain Le_Alt=$_pulumi_alt Le_Keylength=$_pulumi_length
. "$_pulumi_script" || exit 1
if ! command -v "$_pulumi_call" >/dev/null; then
  echo "It has no function $_pulumi_call." >&2
  exit 1
fi
"$_pulumi_call" "$Le_Domain" "$CERT_KEY_PATH" "$CERT_PATH" "$CA_CERT_PATH" "$CERT_FULLCHAIN_PATH" "\${CERT_PFX_PATH:-}"
`;
