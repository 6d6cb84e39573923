/** The settings of a certbot lineage, `renewal/<name>.conf`: ConfigObj, INI with sections that nest by brackets. */
export interface CertbotConf {
  readonly authenticator?: string;
  readonly server?: string;
  /** The name of the account's folder. */
  readonly account?: string;
  /** The folder of the first of `[[webroot_map]]`, or `webroot_path`. */
  readonly webroot?: string;
  /** Whether `certbot renew` renews it: `autorenew` of `[renewalparams]`, true if left out. */
  readonly autorenew: boolean;
  readonly reuseKey: boolean;
  /** A duration of this package, from `renew_before_expiry = 30 days`. */
  readonly renewBefore?: string;
}

export function parseCertbotConf(text: string): CertbotConf {
  const values = readValues(text);
  const parameter = (name: string): string | undefined => values.get(`renewalparams.${name}`);
  const authenticator = parameter("authenticator");
  const server = parameter("server");
  const account = parameter("account");
  const mapped = [...values].find(([name]) => name.startsWith("renewalparams.webroot_map."))?.[1];
  const webroot = mapped ?? parameter("webroot_path")?.split(",")[0];
  const renewBefore = durationOf(values.get("renew_before_expiry"));
  return {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(server === undefined ? {} : { server }),
    ...(account ? { account } : {}),
    ...(webroot ? { webroot } : {}),
    ...(renewBefore === undefined ? {} : { renewBefore }),
    autorenew: !isFalse(parameter("autorenew")),
    reuseKey: isTrue(parameter("reuse_key")),
  };
}

/** The values of the top level by their names, those of a section with its name before them. */
function readValues(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[+\s*([^\]]*?)\s*\]+\s*(?:#.*)?$/.exec(line);
    if (heading !== null) {
      const depth = /^\s*(\[+)/.exec(line)?.[1]?.length ?? 1;
      section = depth === 1 ? `${heading[1] as string}.` : `${section.split(".")[0]}.${heading[1] as string}.`;
      continue;
    }
    const pair = /^\s*([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (pair !== null) values.set(section + (pair[1] as string), unquoted(pair[2] as string));
  }
  return values;
}

function unquoted(value: string): string {
  const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(value);
  return quoted === null ? value.replace(/\s+#.*$/, "") : (quoted[2] as string);
}

const isTrue = (value: string | undefined): boolean => /^(?:true|on|yes|1)$/i.test(value ?? "");
const isFalse = (value: string | undefined): boolean => /^(?:false|off|no|0)$/i.test(value ?? "");

/** certbot writes numbers with a unit in words; several may follow each other. */
function durationOf(text: string | undefined): string | undefined {
  const match = /^(\d{1,4})\s*(day|hour|week)s?$/.exec(text?.trim() ?? "");
  if (match === null) return undefined;
  return `${match[1] as string}${(match[2] as string).slice(0, 1)}`;
}
